"""A certificate authority of the tests' own, and server certificates good and bad."""

import pathlib
import subprocess


def _openssl(folder, *arguments):
    subprocess.run(
        ["openssl", *arguments],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


class Certificates:
    """`ca` is the authority's certificate.

    `servers` maps good, self_signed, expired, other_name and revoked to (chain, key); `client` is
    such a pair, too. `crl` is the authority's list of those that it has revoked.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.ca = self.folder / "ca.pem"
        (self.folder / "index").touch()
        (self.folder / "serial").write_text("1000\n")
        (self.folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndir=.\ndatabase=index\nserial=serial\nnew_certs_dir=.\n"
            "default_md=sha256\n"
            "policy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n"
        )
        self._request(
            ["-x509", "-days", "30", "-subj", "/CN=Tests' own authority"],
            "ca.pem",
            "ca.key",
            ca=True,
        )
        self.servers = {
            "good": self._signed("good", "IP:127.0.0.1,DNS:localhost"),
            "self_signed": self._self_signed("self_signed"),
            "expired": self._signed(
                "expired", "IP:127.0.0.1,DNS:localhost", "20200101000000Z", "20210101000000Z"
            ),
            "other_name": self._signed("other_name", "DNS:elsewhere.example"),
            "revoked": self._signed("revoked", "IP:127.0.0.1,DNS:localhost"),
        }
        self.client = self._signed("client", "DNS:client.example")
        self.crl = self.folder / "crl.pem"
        authority = ["-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key"]
        _openssl(self.folder, "ca", *authority, "-revoke", "revoked.pem")
        _openssl(
            self.folder, "ca", *authority, "-gencrl", "-crldays", "20", "-out", self.crl.name
        )

    def _request(self, options, out, key, ca=False, names=None):
        # req -x509 adds CA:TRUE by itself.
        extensions = [
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign" if ca else f"subjectAltName={names}",
        ]
        key_options = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            key,
        ]
        _openssl(self.folder, "req", *options, *key_options, *extensions, "-out", out)

    def _signed(self, name, names, start=None, end=None):
        self._request(["-subj", f"/CN={name}"], f"{name}.csr", f"{name}.key", names=names)
        dates = ["-startdate", start, "-enddate", end] if start else ["-days", "20"]
        options = [
            "-config",
            "ca.cnf",
            "-batch",
            "-notext",
            "-cert",
            "ca.pem",
            "-keyfile",
            "ca.key",
            *dates,
        ]
        _openssl(self.folder, "ca", *options, "-in", f"{name}.csr", "-out", f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def _self_signed(self, name):
        self._request(
            ["-x509", "-days", "20", "-subj", f"/CN={name}"],
            f"{name}.pem",
            f"{name}.key",
            names="IP:127.0.0.1,DNS:localhost",
        )
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"
