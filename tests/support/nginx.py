"""A real nginx with a prefix, a configuration and ports of its own.

Plain HTTP serves everything under the document folder; `?rate=1m` in a URL limits the rate of that
response. With certificates (support/certificates.py) there are TLS ports too, with HTTP/2. The
access log says what was really sent.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import socket
import subprocess
import urllib.parse
import urllib.request

from support.body import write_body
from support.deadline import until

LOG_LINE = re.compile(
    r'^(?P<method>\S+) (?P<status>\d+) "(?P<range>[^"]*)" (?P<body_bytes>\d+) (?P<uri>\S+) '
    r'(?P<protocol>\S+) (?P<finished>\S*) "(?P<if_range>[^"]*)"$'
)


@dataclasses.dataclass
class LoggedRequest:
    method: str
    status: int
    range: str  # "-" if there was none
    body_bytes: int  # that nginx has handed to the connection
    path: str
    protocol: str
    finished: bool  # the whole response was sent
    if_range: str

    @property
    def start(self):
        """Offset of the first byte sent."""
        return int(self.range.removeprefix("bytes=").split("-")[0]) if self.status == 206 else 0


class Nginx:
    def __init__(self, folder, certificates=None, client_authority=None):
        """`client_authority`: the TLS port "asking" wants a certificate of it from clients."""
        self.folder = pathlib.Path(folder)
        self.documents = self.folder / "www"
        self.documents.mkdir(parents=True)
        self.certificates = dict(certificates or {})
        self.client_authority = client_authority
        if client_authority:
            self.certificates["asking"] = self.certificates["good"]
        self.port = 0
        self.tls_ports = {}
        self._process = None

    @staticmethod
    def program():
        return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")

    def __enter__(self):
        for _ in range(20):
            ports = _free_ports(1 + len(self.certificates))
            self.port, self.tls_ports = ports[0], dict(zip(self.certificates, ports[1:]))
            if self._start():
                return self
        raise AssertionError("nginx does not start: " + (self.folder / "error.log").read_text())

    def __exit__(self, *exc):
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)

    def _start(self):
        (self.folder / "nginx.conf").write_text(self._configuration())
        (self.documents / "alive").write_text(str(self.folder))
        self._process = subprocess.Popen(
            [
                self.program(),
                "-p",
                str(self.folder),
                "-c",
                str(self.folder / "nginx.conf"),
                "-e",
                str(self.folder / "error.log"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return (
            until(
                lambda: "dead" if self._process.poll() is not None else self._answers(),
                what="nginx",
            )
            == "alive"
        )

    def _answers(self):
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(self.url("alive"), timeout=5) as answer:
                return "alive" if answer.read().decode() == str(self.folder) else "dead"
        except OSError:
            return None

    def _configuration(self):
        servers = [self._server(f"listen 127.0.0.1:{self.port};")]
        for name, port in self.tls_ports.items():
            chain, key = self.certificates[name]
            servers.append(
                self._server(
                    f"listen 127.0.0.1:{port} ssl http2;"
                    f"ssl_certificate {chain}; ssl_certificate_key {key};"
                    + self._client_verification(name)
                )
            )
        return f"""
            {"user root;" if os.geteuid() == 0 else ""}
            daemon off; master_process off;
            pid {self.folder}/nginx.pid; error_log {self.folder}/error.log warn;
            worker_rlimit_nofile 4096;
            events {{ worker_connections 1024; }}
            http {{
              log_format proof '$request_method $status "$http_range" $body_bytes_sent $uri '
                               '$server_protocol $request_completion "$http_if_range"';
              access_log {self.folder}/access.log proof;
              client_body_temp_path {self.folder}/t1; proxy_temp_path {self.folder}/t2;
              fastcgi_temp_path {self.folder}/t3;
              uwsgi_temp_path {self.folder}/t4; scgi_temp_path {self.folder}/t5;
              default_type application/octet-stream; sendfile on; keepalive_requests 100000;
              {" ".join(servers)}
            }}
        """

    def _client_verification(self, name):
        if name != "asking":
            return ""
        return f"ssl_client_certificate {self.client_authority}; ssl_verify_client on;"

    def _server(self, listen):
        return f"""
            server {{
              {listen} server_name localhost; root {self.documents};
              location / {{ limit_rate $arg_rate; }}
              location /moved/ {{ rewrite ^/moved/(.*)$ /$1 redirect; }}
              location /to-plain/ {{ 
                rewrite ^/to-plain/(.*)$ http://127.0.0.1:{self.port}/$1 redirect;
              }}
            }}
        """

    # ---- for tests -------------------------------------------------------------------------------

    def add(self, name, size, seed=None):
        """A document; its body is that of `seed` (by default its name)."""
        path = self.documents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_body(path, seed if seed is not None else name, size)
        return self.url(name)

    def url(self, name, rate=None, tls=None, host="127.0.0.1"):
        start = f"https://{host}:{self.tls_ports[tls]}" if tls else f"http://{host}:{self.port}"
        return f"{start}/{urllib.parse.quote(name)}" + (f"?rate={rate}" if rate else "")

    def requests(self, name):
        """What was logged for a document: nginx writes a line when a request has ended."""
        found = []
        log = self.folder / "access.log"
        for line in log.read_text().splitlines() if log.exists() else []:
            match = LOG_LINE.match(line)
            if match and urllib.parse.unquote(match["uri"]) == "/" + name:
                found.append(
                    LoggedRequest(
                        match["method"],
                        int(match["status"]),
                        match["range"],
                        int(match["body_bytes"]),
                        match["uri"],
                        match["protocol"],
                        match["finished"] == "OK",
                        match["if_range"],
                    )
                )
        return found

    def wait_finished(self, name):
        """The requests for a document, once the last of them is logged as finished."""

        def finished():
            found = self.requests(name)
            return found if found and found[-1].finished else None

        return until(finished, what=f"a finished request for {name} in nginx's log")


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
