"""A real Secret Service: gnome-keyring on a session bus, unlocked with a password of its own."""

import dataclasses
import signal
import subprocess

import dbus
import dbus.bus

from support import program
from support.deadline import until

NAME = "org.freedesktop.secrets"
SERVICE = "/org/freedesktop/secrets"
PASSWORD = b"the keyring's own password"
DEFAULT = "/org/freedesktop/secrets/aliases/default"


@dataclasses.dataclass
class Item:
    label: str
    attributes: dict
    secret: bytes


class SecretService:
    """The keyring of a box with a session bus; its files are below the home folder of the box."""

    def __init__(self, box):
        self.box = box
        self._process = None
        self._bus = None

    def __enter__(self):
        keyring = program.find("gnome-keyring-daemon", "gnome-keyring")
        self.log = open(self.box.root / "keyring.log", "wb")
        self._process = subprocess.Popen(
            [keyring, "--foreground", "--unlock", "--components=secrets"],
            stdin=subprocess.PIPE,
            stdout=self.log,
            stderr=self.log,
            env=self.box.env,
        )
        self.box.own_children.add(self._process.pid)
        self._process.stdin.write(PASSWORD)
        self._process.stdin.close()
        self._bus = dbus.bus.BusConnection(self.box.env["DBUS_SESSION_BUS_ADDRESS"])
        until(self._ready, what="the keyring to open")
        return self

    def __exit__(self, *exc):
        self._bus.close()
        if self._process.poll() is None:
            self.thaw()
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(20)
        self.log.close()

    def _ready(self):
        assert self._process.poll() is None, "gnome-keyring ends: " + (
            self.box.root / "keyring.log"
        ).read_text(errors="replace")
        if not self._bus.name_has_owner(NAME):
            return False
        try:
            return not self._get(DEFAULT, "org.freedesktop.Secret.Collection", "Locked")
        except dbus.DBusException:
            return False

    def _get(self, path, interface, name):
        properties = dbus.Interface(
            self._bus.get_object(NAME, path, introspect=False), "org.freedesktop.DBus.Properties"
        )
        return properties.Get(interface, name, byte_arrays=True)

    def _call(self, path, interface, method, signature, *arguments):
        return self._bus.call_blocking(
            NAME, path, interface, method, signature, arguments, byte_arrays=True
        )

    # ---- for tests -------------------------------------------------------------------------------

    def items(self):
        """What is in the default collection, secrets in clear."""
        session = self._session()
        found = []
        for path in self._get(DEFAULT, "org.freedesktop.Secret.Collection", "Items"):
            try:
                found.append(self._item(path, session))
            except dbus.DBusException as error:
                if self._bus.name_has_owner(NAME) and "No such" not in str(error):
                    raise
        self._call(session, "org.freedesktop.Secret.Session", "Close", "")
        return found

    def _session(self):
        _, session = self._call(
            SERVICE, "org.freedesktop.Secret.Service", "OpenSession", "sv", "plain",
            dbus.String("", variant_level=1),
        )  # fmt: skip
        return session

    def _item(self, path, session):
        interface = "org.freedesktop.Secret.Item"
        attributes = self._get(path, interface, "Attributes")
        return Item(
            str(self._get(path, interface, "Label")),
            {str(name): str(value) for name, value in attributes.items()},
            bytes(self._call(path, interface, "GetSecret", "o", session)[2]),
        )

    def holds(self, text):
        """Whether some secret contains the text."""
        return any(text.encode() in item.secret for item in self.items())

    def add(self, label, attributes, secret):
        """An item of somebody else's."""
        session = self._session()
        self._call(
            DEFAULT, "org.freedesktop.Secret.Collection", "CreateItem", "a{sv}(oayays)b",
            {
                "org.freedesktop.Secret.Item.Label": label,
                "org.freedesktop.Secret.Item.Attributes": dbus.Dictionary(
                    attributes, signature="ss"
                ),
            },
            (session, dbus.ByteArray(b""), dbus.ByteArray(secret), "text/plain"),
            False,
        )  # fmt: skip
        self._call(session, "org.freedesktop.Secret.Session", "Close", "")

    def freeze(self):
        """It is there, and answers nothing until thaw()."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def lock(self):
        """As when the user locks the keyring: nothing can be read or stored until it is opened."""
        self._call(
            SERVICE, "org.freedesktop.Secret.Service", "Lock", "ao",
            dbus.Array([dbus.ObjectPath(DEFAULT)], signature="o"),
        )  # fmt: skip

    def unlock(self):
        """As when the user opens it again, by the way that gnome's own programs have."""
        session = self._session()
        self._call(
            SERVICE, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
            "UnlockWithMasterPassword", "o(oayays)", dbus.ObjectPath(DEFAULT),
            (session, dbus.ByteArray(b""), dbus.ByteArray(PASSWORD), "text/plain"),
        )  # fmt: skip
        self._call(session, "org.freedesktop.Secret.Session", "Close", "")
