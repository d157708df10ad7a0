"""The real tus server of npm, with the versions that tests/npm/package-lock.json pins.

    with TusServer() as tus:
        … upload to tus.url …
        tus.kill()     # as kill -9
        tus.restart()  # same folder, same port
        assert tus.finished() == [path]
"""

import base64
import json
import pathlib
import shutil
import signal

import pytest

from support import program

NPM = pathlib.Path(__file__).resolve().parents[1] / "npm"


class TusServer(program.RealServer):
    name = "tus"

    def __init__(self, max_size=0, expires_s=0):
        """Skips the test where there is no node, or its packages are not installed."""
        if not shutil.which("node") or not (NPM / "node_modules" / "@tus" / "server").exists():
            pytest.skip("needs node and the packages of tests/npm (scripts/setup)")
        super().__init__()
        self._user = None  # it may run as root, and the tree need not be open to everyone
        self.max_size = max_size
        self.expires_s = expires_s
        self.uploads = self.folder / "uploads"
        self.uploads.mkdir()

    def configure(self):
        pass

    def command(self):
        node = program.find("node", "nodejs")
        script = str(NPM / "tus_server.mjs")
        arguments = [self.ports[0], self.uploads, self.max_size, self.expires_s]
        return [node, script, *map(str, arguments)]

    @property
    def url(self):
        """Where uploads are created."""
        return f"http://127.0.0.1:{self.ports[0]}/files/"

    # ---- life ------------------------------------------------------------------------------------

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(20)

    def restart(self):
        """On the same port with what is in the folder."""
        self.stop()
        assert self._start(), self.said()

    # ---- what came -------------------------------------------------------------------------------

    def infos(self):
        """{id: what the server noted at the creation}, also of what is unfinished."""
        found = {}
        for path in sorted(self.uploads.glob("*.json")):
            found[path.stem] = json.loads(path.read_text())
        return found

    def finished(self):
        """The files that are whole."""
        paths = [(self.uploads / name, info) for name, info in self.infos().items()]
        return [
            path for path, info in paths if path.exists() and path.stat().st_size == info["size"]
        ]

    def metadata(self, path):
        """What the client told of an upload: {key: text}."""
        return self.infos()[path.name].get("metadata") or {}

    def requests(self):
        """One dictionary for each request that has ended: method, path, status, offset, received."""
        lines = self.log_lines("output")
        return [json.loads(line) for line in lines if line.startswith("{")]

    def received(self):
        """All bytes that came, heads included."""
        return sum(request["received"] for request in self.requests())


def encode_metadata(**values):
    """`Upload-Metadata`."""
    pairs = [f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in values.items()]
    return ",".join(pairs)
