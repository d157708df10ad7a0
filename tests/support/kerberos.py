"""A Kerberos realm of its own: a real KDC (MIT), and real servers that ask for its tickets.

All have their files, ports and configuration in folders of their own; nothing of the system's
Kerberos is read or changed. Who takes part needs `environment()`, which names the configuration.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import textwrap
import threading

from support import program
from support.apache import MODULES, Apache
from support.squid import HELPERS, Squid

REALM = "LONGHAUL.TEST"
USER = "gustav"
STRANGER = "fremder"  # has an account, but no business at the server
PASSWORD = "t1cket w@rd"
SERVICE = "HTTP/localhost"
MODULE = f"{MODULES}/mod_auth_gssapi.so"


def missing():
    """The packages that are not installed, of those that scripts/setup installs for this."""
    wanted = {
        "krb5kdc": "krb5-kdc",
        "kadmin.local": "krb5-admin-server",
        "kinit": "krb5-user",
        MODULE: "libapache2-mod-auth-gssapi",
    }
    path = program.base_environment()["PATH"]
    return [package for name, package in wanted.items() if not shutil.which(name, os.F_OK, path)]


class Kdc(program.RealServer):
    """Knows USER, STRANGER and the server, whose key is in `keytab`."""

    name = "kdc"

    def __init__(self):
        super().__init__()
        self.keytab = self.folder / "keytab"
        self.config = self.folder / "krb5.conf"

    def environment(self):
        return {"KRB5_CONFIG": str(self.config), "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf")}

    def command(self):
        return [program.find("krb5kdc", "krb5-kdc"), "-n", "-P", str(self.folder / "kdc.pid")]

    def configure(self):
        self.write_config("krb5.conf", self.client_config(self.ports[0]))
        self.write_config(
            "kdc.conf",
            f"""
            [realms]
              {REALM} = {{
                database_name = {self.folder}/principal
                key_stash_file = {self.folder}/stash
                acl_file = {self.folder}/acl
                kdc_listen = ""
                kdc_tcp_listen = 127.0.0.1:{self.ports[0]}
                max_life = 1d
              }}
            [logging]
              kdc = FILE:{self.folder}/kdc.log
            """,
        )
        if not self.keytab.exists():
            self._found_realm()

    def client_config(self, port):
        """The realm, with its KDC at this port."""
        # What nobody names is not there: a ticket of whoever runs the tests is none of theirs.
        return f"""
            [libdefaults]
              default_realm = {REALM}
              default_ccache_name = FILE:{self.folder}/no-ticket
              default_keytab_name = FILE:{self.keytab}
              default_rcache_name = file2:{self.folder}/replays
              rdns = false
              dns_canonicalize_hostname = false
              dns_lookup_kdc = false
              dns_lookup_realm = false
              qualify_shortname = ""
              udp_preference_limit = 1
            [realms]
              {REALM} = {{
                kdc = 127.0.0.1:{port}
              }}
            [domain_realm]
              localhost = {REALM}
            """

    def write_config(self, name, text):
        # Until the first section begins, what is indented is skipped as a comment.
        self.write(name, textwrap.dedent(text))

    def _found_realm(self):
        self._tool("kdb5_util", "krb5-kdc", "create", "-s", "-P", "the realm's own password")
        self._tool(
            *("kadmin.local", "krb5-admin-server"),
            said=f"""addprinc -pw "{PASSWORD}" {USER}
            addprinc -pw "{PASSWORD}" {STRANGER}
            addprinc -randkey {SERVICE}
            ktadd -k {self.keytab} {SERVICE}
            """,
        )
        assert self.keytab.exists(), "kadmin.local has made no keytab"

    def _tool(self, name, package, *arguments, said=""):
        subprocess.run(
            [program.find(name, package), "-r", REALM, *arguments],
            input=said,
            env={**program.base_environment(), **self.environment()},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
            **self._as_nobody(),
        )

    # ---- for tests -------------------------------------------------------------------------------

    def log_in(self, cache, user=USER):
        """Puts a ticket into the cache, a file."""
        subprocess.run(
            [program.find("kinit", "krb5-user"), "-c", f"FILE:{cache}", user],
            input=PASSWORD + "\n",
            env={**program.base_environment(), **self.environment()},
            capture_output=True,
            text=True,
            check=True,
        )


class DeafKdc:
    """Takes connections and never says anything, as a KDC behind a bad network."""

    def __init__(self, kdc):
        self._socket = socket.create_server(("127.0.0.1", 0))
        port = self._socket.getsockname()[1]
        kdc.write_config("deaf.conf", kdc.client_config(port))
        self.environment = {"KRB5_CONFIG": str(kdc.folder / "deaf.conf")}
        self.asked = threading.Event()
        self._visitors = []
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        """From now on it is not there at all."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._socket.close()
        for visitor in self._visitors:
            visitor.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                self._visitors.append(self._socket.accept()[0])
                self.asked.set()


class KerberosApache(Apache):
    """An Apache whose folder /negotiate is for USER with a ticket.

    In /bound, who has shown one is known for the rest of the connection.
    """

    def __init__(self, kdc):
        super().__init__()
        self._kdc = kdc

    def environment(self):
        return self._kdc.environment()

    def configure(self):
        super().configure()
        with open(self.folder / "apache.conf", "a", encoding="utf-8") as file:
            file.write(
                f"""
            LoadModule auth_gssapi_module {MODULE}
            KeepAliveTimeout 60
            Alias /negotiate {self.documents}
            Alias /bound {self.documents}
            {self._place("/negotiate", self._by_ticket())}
            {self._place("/bound", self._by_ticket("GssapiConnectionBound On"))}
            """
            )

    def _by_ticket(self, more=""):
        return f"""
              AuthType GSSAPI
              AuthName "{REALM}"
              GssapiCredStore keytab:{self._kdc.keytab}
              GssapiAllowedMech krb5
              {more}
              Require user {USER}@{REALM}"""

    # ---- for tests -------------------------------------------------------------------------------

    def url(self, name, guard="negotiate", host="localhost", **options):
        """By the name that the server has in the realm."""
        return super().url(name, guard, host=host, **options)


class KerberosSquid(Squid):
    """A proxy whose guarded port is for who has a ticket; its name in the realm is localhost."""

    def __init__(self, kdc):
        self._kdc = kdc
        helper = f"{HELPERS}/negotiate_kerberos_auth -k {kdc.keytab} -s {SERVICE}@{REALM}"
        super().__init__(scheme="negotiate", helper=helper)

    def environment(self):
        return self._kdc.environment()

    def url(self, door="guarded", user=None, host="localhost"):
        return super().url(door, user, host)
