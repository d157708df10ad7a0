"""Servers and proxies that only some of the tests of this folder need."""

import pytest
from support import call_faults
from support.apache import Apache
from support.secret_service import SecretService
from support.socks import Dante
from support.squid import Squid
from support.vsftpd import FtpServer, Vsftpd


@pytest.fixture(scope="session")
def apache(certificates):
    """Documents behind Basic and Digest (support/apache.py)."""
    with Apache(certificates.servers["good"]) as server:
        yield server


@pytest.fixture(scope="session")
def preload(tmp_path_factory, build_dir):
    """The library that strikes calls of the daemon (support/call_faults.py)."""
    return call_faults.build(tmp_path_factory.mktemp("shim"), build_dir)


@pytest.fixture(scope="session")
def squid(certificates):
    """An HTTP proxy with and without Basic, and one with TLS (support/squid.py)."""
    with Squid(certificates.servers["good"]) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def dante():
    """A SOCKS proxy (support/socks.py)."""
    with Dante() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def vsftpd():
    """FTP for everyone, at 4 MB a second (support/vsftpd.py)."""
    with Vsftpd(rate=4_000_000) as server:
        yield server


@pytest.fixture
def ftp():
    """FTP with a password, which can stand still (support/vsftpd.py)."""
    with FtpServer() as server:
        yield server


@pytest.fixture
def keyring(session_box):
    """The Secret Service of the desktop that is `session_box` (support/secret_service.py)."""
    with SecretService(session_box) as service:
        yield service
