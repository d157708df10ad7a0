"""A real squid: a proxy for everyone, one that asks who is there, and one that is spoken to by TLS.

All three are one process; its access log says what went through which of them, and for whom.
"""

import dataclasses
import hashlib
import re
import signal
import urllib.parse

from support import program
from support.apache import apr1
from support.deadline import until

USER = "torwart"
PASSWORD = "pr0xy:w@rd/%42#?"
REALM = "longhaul proxy"
HELPERS = "/usr/lib/squid"
LOG_LINE = re.compile(
    r"^(?P<port>\d+) (?P<method>\S+) (?P<url>\S+) (?P<status>\d+) (?P<user>\S+) (?P<sent>\d+)$"
)


@dataclasses.dataclass
class LoggedRequest:
    door: str  # open, guarded or secure
    method: str
    url: str  # HOST:PORT for CONNECT
    status: int
    user: str  # "-" if nobody was asked for
    sent: int  # bytes to the client


class Squid(program.RealServer):
    name = "squid"
    ending = signal.SIGKILL  # asked to end, it takes its time

    def __init__(self, certificate=None, scheme="basic", helper=None):
        """`scheme` is what the guarded port asks for: basic, digest, ntlm, or what `helper` can do.

        `certificate` is (chain, key) for the port with TLS. For ntlm any password will do.
        """
        super().__init__()
        self.scheme = scheme
        self.helper = helper
        self.certificate = certificate
        self.port_count = 3 if certificate else 2
        digest = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
        self.write("basic.users", f"{USER}:{apr1(PASSWORD)}\n")
        self.write("digest.users", f"{USER}:{REALM}:{digest}\n")
        if certificate:
            self.copy(certificate[0], "chain.pem")
            self.copy(certificate[1], "key.pem")

    def command(self):
        squid = program.find("squid", "squid-openssl")
        return [squid, "-N", "-f", str(self.folder / "squid.conf")]

    def configure(self):
        helper = self.helper or {
            "basic": f"{HELPERS}/basic_ncsa_auth {self.folder}/basic.users",
            "digest": f"{HELPERS}/digest_file_auth -c {self.folder}/digest.users",
            "ntlm": f"{HELPERS}/ntlm_fake_auth",
        }[self.scheme]
        secure = ""
        if self.certificate:
            secure = (
                f"https_port 127.0.0.1:{self.ports[2]} name=secure"
                f" tls-cert={self.folder}/chain.pem tls-key={self.folder}/key.pem"
            )
        has_realm = self.scheme in ("basic", "digest")
        realm = f"auth_param {self.scheme} realm {REALM}" if has_realm else ""
        self.write(
            "squid.conf",
            f"""
            http_port 127.0.0.1:{self.ports[0]} name=open
            http_port 127.0.0.1:{self.ports[1]} name=guarded
            {secure}
            auth_param {self.scheme} program {helper}
            auth_param {self.scheme} children 4 startup=1
            {realm}
            acl guarded myportname guarded
            acl known proxy_auth REQUIRED
            http_access deny guarded !known
            http_access allow all
            cache deny all
            quick_abort_min 0 KB
            quick_abort_max 0 KB
            logformat proof %>lp %rm %ru %>Hs %un %<st
            access_log stdio:{self.folder}/access.log logformat=proof
            cache_log {self.folder}/cache.log
            cache_store_log none
            pid_filename {self.folder}/squid.pid
            coredump_dir {self.folder}
            visible_hostname proxy.test
            pinger_enable off
            shutdown_lifetime 0 seconds
            max_filedescriptors 1024
            cache_mem 8 MB
            """.replace(
                "\n            ", "\n"
            ),
        )

    # ---- for tests -------------------------------------------------------------------------------

    def url(self, door="open", user=None, host="127.0.0.1"):
        """What is given as the proxy; `user` (USER:PASSWORD, quoted) stands before the host."""
        port = self.ports[("open", "guarded", "secure").index(door)]
        scheme = "https" if door == "secure" else "http"
        return f"{scheme}://{f'{user}@' if user else ''}{host}:{port}"

    def requests(self, url):
        """What was logged for a URL, or for the tunnels to its server; written at their end."""
        parts = urllib.parse.urlsplit(url)
        doors = dict(zip(self.ports, ("open", "guarded", "secure")))
        found = []
        for line in self.log_lines():
            match = LOG_LINE.match(line)
            if match and match["url"].split("?")[0] in (url.split("?")[0], parts.netloc):
                found.append(
                    LoggedRequest(
                        doors[int(match["port"])],
                        match["method"],
                        match["url"],
                        int(match["status"]),
                        match["user"],
                        int(match["sent"]),
                    )
                )
        return found

    def wait_requests(self, url, count=1):
        """The requests for a URL, once there are `count` of them."""

        def there():
            found = self.requests(url)
            return found if len(found) >= count else None

        return until(there, what=f"{count} requests for {url} in squid's log")
