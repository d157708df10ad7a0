"""A real Apache with folders for everyone, and folders guarded by Basic and by Digest.

`url(NAME, guard="basic")` serves the same document as `url(NAME)`, but only to USER with PASSWORD.
`rate=N` limits a response to N KiB a second; `to=URL` redirects there, once the caller is let in.
`echo(NAME)` answers with what the request carries, and with its method and type as headers.
"""

import dataclasses
import hashlib
import os
import re
import subprocess
import urllib.parse

from support import program
from support.body import write_body
from support.deadline import until

USER = "heinz"
PASSWORD = "s3cr:t w@rd/%41#?"  # everything that quoting could get wrong
REALM = "longhaul tests"
MODULES = "/usr/lib/apache2/modules"
NEEDED = (
    "mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest"
    " alias rewrite env ratelimit filter ssl socache_shmcb cgid"
).split()
# Reads all before it says anything: mod_cgid hands it over before it listens.
ECHO = """#!/bin/sh
content=$(mktemp -p .) || exit
cat > "$content"
printf 'Content-Type: application/octet-stream\\n'
printf 'X-Method: %s\\nX-Type: %s\\n\\n' "$REQUEST_METHOD" "${CONTENT_TYPE:-none}"
cat "$content"
rm "$content"
"""
LOG_LINE = re.compile(
    r'^(?P<method>\S+) (?P<status>\d+) "(?P<range>[^"]*)" (?P<body_bytes>\d+) (?P<path>\S+) '
    r'(?P<user>\S+|"") (?P<ending>\S) "(?P<authorization>.*)"$'
)


@dataclasses.dataclass
class LoggedRequest:
    method: str
    status: int
    range: str  # "-" if there was none
    body_bytes: int  # that Apache has handed to the connection
    path: str
    user: str  # who was let in; "-" if nobody had to be asked
    aborted: bool  # the client left before the end
    authorization: str  # the header as it came; "-" if there was none

    @property
    def scheme(self):
        """Basic, Digest, or "-"."""
        return self.authorization.split(" ")[0]

    @property
    def start(self):
        """Offset of the first byte sent."""
        return int(self.range.removeprefix("bytes=").split("-")[0]) if self.status == 206 else 0


def apr1(password):
    """A password as Apache's and squid's password files have it."""
    done = subprocess.run(
        ["openssl", "passwd", "-apr1", "-stdin"],
        input=password + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


class Apache(program.RealServer):
    name = "apache"

    def __init__(self, certificate=None):
        """`certificate` is (chain, key) for the TLS port."""
        super().__init__()
        self.port_count = 2 if certificate else 1
        self.documents = self.folder / "www"
        self.documents.mkdir()
        (self.folder / "cgi").mkdir()
        self.own(self.folder / "cgi")
        self.write("cgi/echo", ECHO, 0o755)
        digest = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
        self.write("basic.users", f"{USER}:{apr1(PASSWORD)}\n")
        self.write("digest.users", f"{USER}:{REALM}:{digest}\n")
        self.certificate = certificate
        if certificate:
            self.copy(certificate[0], "chain.pem")
            self.copy(certificate[1], "key.pem")

    def command(self):
        apache = program.find("apache2", "apache2-bin")
        return [apache, "-D", "FOREGROUND", "-f", str(self.folder / "apache.conf")]

    def configure(self):
        (self.documents / "alive").write_text("alive")
        modules = "\n".join(f"LoadModule {m}_module {MODULES}/mod_{m}.so" for m in NEEDED)
        tls = ""
        if self.certificate:
            tls = f"""
            Listen 127.0.0.1:{self.ports[1]}
            <VirtualHost 127.0.0.1:{self.ports[1]}>
              SSLEngine on
              SSLCertificateFile {self.folder}/chain.pem
              SSLCertificateKeyFile {self.folder}/key.pem
            </VirtualHost>"""
        self.write(
            "apache.conf",
            f"""
            {modules}
            ServerRoot {self.folder}
            ServerName 127.0.0.1
            DefaultRuntimeDir {self.folder}
            PidFile {self.folder}/apache.pid
            ErrorLog {self.folder}/error.log
            LogFormat "%m %>s \\"%{{Range}}i\\" %B %U %u %X \\"%{{Authorization}}i\\"" proof
            CustomLog {self.folder}/access.log proof
            StartServers 1
            ServerLimit 1
            ThreadsPerChild 24
            MaxRequestWorkers 24
            Listen 127.0.0.1:{self.ports[0]}
            DocumentRoot {self.documents}
            ScriptSock {self.folder}/cgid.sock
            ScriptAliasMatch ^/(?:basic/|digest/)?echo/ {self.folder}/cgi/echo
            Alias /basic {self.documents}
            Alias /digest {self.documents}
            RewriteEngine on
            RewriteOptions InheritDown
            RewriteMap unescape int:unescape
            RewriteCond %{{QUERY_STRING}} (?:^|&)rate=(\\d+)
            RewriteRule ^ - [E=rate-limit:%1]
            SetOutputFilter RATE_LIMIT
            {self._place("/", "Require all granted")}
            {self._place("/basic", self._guarded("Basic"))}
            {self._place("/digest", self._guarded("Digest"))}
            {tls}
            """,
        )

    def _guarded(self, scheme):
        # A nonce that lives long: what a test sees does not depend on its speed.
        return f"""
              AuthType {scheme}
              AuthName "{REALM}"
              Auth{scheme}Provider file
              AuthUserFile {self.folder}/{scheme.lower()}.users
              {"AuthDigestNonceLifetime 86400" if scheme == "Digest" else ""}
              Require valid-user"""

    def _place(self, path, who):
        # In a Location, rewriting comes after the question who is asking.
        return f"""
            <Location {path}>
              {who}
              RewriteEngine on
              RewriteCond %{{QUERY_STRING}} (?:^|&)to=([^&]+)
              RewriteRule ^ ${{unescape:%1}} [R=302,L,NE,QSD,UnsafeAllow3F]
            </Location>"""

    # ---- for tests -------------------------------------------------------------------------------

    def add(self, name, size, guard=None, seed=None):
        """A document; its body is that of `seed` (by default its name)."""
        path = self.documents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_body(path, seed if seed is not None else name, size)
        os.utime(path, (1_700_000_000, 1_700_000_000))  # what is new has a weak ETag only
        return self.url(name, guard)

    def url(self, name, guard=None, tls=False, rate=None, to=None, user=None, host="127.0.0.1"):
        """`guard` is basic or digest; `user` (USER:PASSWORD, quoted) stands before the host."""
        scheme, port = ("https", self.ports[1]) if tls else ("http", self.ports[0])
        query = urllib.parse.urlencode({k: v for k, v in (("rate", rate), ("to", to)) if v})
        folder = f"/{guard}" if guard else ""
        who = f"{user}@" if user else ""
        path = f"{folder}/{urllib.parse.quote(name)}"
        return f"{scheme}://{who}{host}:{port}{path}" + (f"?{query}" if query else "")

    def echo(self, name, guard=None, **options):
        """Where a request gets back what it carries; logged as `echo/NAME`."""
        return self.url(f"echo/{name}", guard, **options)

    def requests(self, name):
        """What was logged for a document, whatever guards it; a line is written at the end."""
        found = []
        for line in self.log_lines():
            match = LOG_LINE.match(line)
            if match and match["path"] in (f"/{name}", f"/basic/{name}", f"/digest/{name}"):
                found.append(
                    LoggedRequest(
                        match["method"],
                        int(match["status"]),
                        match["range"],
                        int(match["body_bytes"]),
                        match["path"],
                        match["user"],
                        match["ending"] == "X",
                        match["authorization"].replace('\\"', '"'),
                    )
                )
        return found

    def wait_served(self, name):
        """The requests for a document, once the last of them is one that was served to its end."""

        def served():
            found = self.requests(name)
            return found if found and found[-1].status < 300 and not found[-1].aborted else None

        return until(served, what=f"a finished request for {name} in Apache's log")
