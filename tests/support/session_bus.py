"""A real session bus, by dbus-daemon, with longhauld as an activatable service."""

import pathlib
import subprocess


class SessionBus:
    def __init__(self, folder, env, services=None):
        """`services` maps bus names to commands."""
        self.folder = pathlib.Path(folder)
        self.env = env
        self.services = services or {}
        self.address = None
        self._process = None

    def __enter__(self):
        self.folder.mkdir()
        for name, command in self.services.items():
            (self.folder / f"{name}.service").write_text(
                f"[D-BUS Service]\nName={name}\nExec={command}\n"
            )
        (self.folder / "session.conf").write_text(
            f"""<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
              "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
            <type>session</type><listen>unix:path={self.folder}/bus</listen><auth>EXTERNAL</auth>
            <servicedir>{self.folder}</servicedir>
            <policy context="default">
              <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
            </policy>
            </busconfig>"""
        )
        self.log = open(self.folder / "bus.log", "w", encoding="utf-8")
        self._process = subprocess.Popen(
            [
                "dbus-daemon",
                f"--config-file={self.folder}/session.conf",
                "--nofork",
                "--print-address=1",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=self.env,
            text=True,
        )
        self.address = self._process.stdout.readline().strip()
        assert self.address, "dbus-daemon does not start: " + (self.folder / "bus.log").read_text()
        return self

    @property
    def pid(self):
        return self._process.pid

    def __exit__(self, *exc):
        self._process.terminate()
        self._process.wait(20)
        self._process.stdout.close()
        self.log.close()
