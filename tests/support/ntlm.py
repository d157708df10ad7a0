"""A server that asks for NTLM, and the arithmetic that it checks the answers with (MS-NLMP).

No free server of Debian asks for NTLM and checks passwords by itself. NTLM lets in connections, not
requests: the challenge is good for the connection that it was given on, and who has answered it is
known until that connection ends. Only answers of version 2 are taken.
"""

import base64
import collections
import dataclasses
import hashlib
import hmac
import http.server
import os
import struct
import sys
import threading
import urllib.parse

from support.body import body

USER = "juergen"
PASSWORD = "s3cr:t w@rd/%41#?"  # of libcurl, NTLM has no more than ASCII
DOMAIN = "LONGHAUL"
SIGNATURE = b"NTLMSSP\0"
# Unicode, request target, NTLM, always sign, target type domain, extended session security, target
# information, 128 and 56 bits.
FLAGS = 0x1 | 0x4 | 0x200 | 0x8000 | 0x10000 | 0x80000 | 0x800000 | 0x20000000 | 0x80000000


def md4(data):
    """RFC 1320; OpenSSL has put it away."""
    mask = 0xFFFFFFFF
    bits = struct.pack("<Q", 8 * len(data))
    data += b"\x80" + bytes((55 - len(data)) % 64) + bits
    rounds = (
        (lambda x, y, z: (x & y) | (~x & z), 0, (3, 7, 11, 19), range(16)),
        (
            lambda x, y, z: (x & y) | (x & z) | (y & z),
            0x5A827999,
            (3, 5, 9, 13),
            (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
        ),
        (
            lambda x, y, z: x ^ y ^ z,
            0x6ED9EBA1,
            (3, 9, 11, 15),
            (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15),
        ),
    )
    state = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
    for offset in range(0, len(data), 64):
        words = struct.unpack_from("<16I", data, offset)
        a, b, c, d = state
        for mix, constant, shifts, order in rounds:
            for step, index in enumerate(order):
                total = (a + mix(b, c, d) + words[index] + constant) & mask
                by = shifts[step % 4]
                a, b, c, d = d, (total << by | total >> (32 - by)) & mask, b, c
        state = tuple((old + new) & mask for old, new in zip(state, (a, b, c, d)))
    return struct.pack("<4I", *state)


def hmac_md5(key, data):
    return hmac.new(key, data, hashlib.md5).digest()


def response_key(user, domain, password):
    """NTOWFv2."""
    nt_hash = md4(password.encode("utf-16le"))
    return hmac_md5(nt_hash, (user.upper() + domain).encode("utf-16le"))


def proof(key, challenge, blob):
    return hmac_md5(key, challenge + blob)


def target_information():
    """Names of domain (2) and computer (1)."""
    pairs = b"".join(
        struct.pack("<HH", kind, 2 * len(name)) + name.encode("utf-16le")
        for kind, name in ((2, DOMAIN), (1, "ORIGIN"))
    )
    return pairs + bytes(4)


def challenge_message(challenge):
    """Type 2."""
    name, information = DOMAIN.encode("utf-16le"), target_information()
    return b"".join(
        (
            SIGNATURE,
            struct.pack("<I", 2),
            struct.pack("<HHI", len(name), len(name), 48),
            struct.pack("<I", FLAGS),
            challenge,
            bytes(8),
            struct.pack("<HHI", len(information), len(information), 48 + len(name)),
            name,
            information,
        )
    )


@dataclasses.dataclass
class Answer:
    """What a type 3 message says."""

    domain: str
    user: str
    proof: bytes
    blob: bytes

    @staticmethod
    def read(message):
        def part(at):
            length, _, offset = struct.unpack_from("<HHI", message, at)
            assert offset + length <= len(message), "a part of the message is not in it"
            return message[offset : offset + length]

        nt = part(20)
        return Answer(part(28).decode("utf-16le"), part(36).decode("utf-16le"), nt[:16], nt[16:])

    def is_right(self, challenge):
        key = response_key(USER, self.domain, PASSWORD)
        return (
            self.user.upper() == USER.upper()
            and self.domain in ("", DOMAIN)
            and target_information() in self.blob  # which a response of version 1 has not
            and hmac.compare_digest(self.proof, proof(key, challenge, self.blob))
        )


@dataclasses.dataclass
class Request:
    connection: int
    scheme: str  # what Authorization begins with; "-" if there was none
    message: int  # the type of NTLM's message, or 0
    status: int
    answer: Answer | None  # of a message of type 3


class NtlmServer:
    """Serves the documents of `url()` to USER with PASSWORD."""

    def __init__(self):
        self._news = threading.Lock()
        self._requests = collections.defaultdict(list)
        self._connections = 0
        self._failure = None
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.handle_error = self._failed
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
        if self._failure:
            raise self._failure

    # ---- for tests -------------------------------------------------------------------------------

    def url(self, name, size=0, offers="NTLM", hang_up=False):
        """`offers` are schemes, split by "+"; `hang_up` ends the connection with the first 401."""
        query = {"size": size, "offers": offers, **({"hang_up": 1} if hang_up else {})}
        port = self._server.server_port
        return f"http://127.0.0.1:{port}/{name}?{urllib.parse.urlencode(query)}"

    def requests(self, name):
        """Those for a document that have been answered, or are about to be."""
        with self._news:
            return list(self._requests[name])

    # ---- serving ---------------------------------------------------------------------------------

    def _connected(self):
        with self._news:
            self._connections += 1
            return self._connections

    def _heard(self, name, request):
        with self._news:
            self._requests[name].append(request)

    def _failed(self, *where):
        """A mistake of the server itself, or a message that is none: the tests shall hear of it."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            self._failure = sys.exc_info()[1]

    def _handler(self):
        """A handler of this server: one for each connection."""
        server = self

        class Handler(_Handler):
            owner = server

        return Handler


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: NtlmServer

    def setup(self):
        super().setup()
        self.connection_number = self.owner._connected()
        self.challenge = None
        self.is_known = False

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(parts.query))
        scheme, _, text = self.headers.get("Authorization", "-").partition(" ")
        message = base64.b64decode(text) if scheme == "NTLM" else b""
        kind, answer, offer = 0, None, None
        if message:
            assert message.startswith(SIGNATURE), message
            (kind,) = struct.unpack_from("<I", message, 8)
            self.is_known = False
        if kind == 1:
            self.challenge = os.urandom(8)
            offer = base64.b64encode(challenge_message(self.challenge)).decode()
        elif kind == 3:
            answer = Answer.read(message)
            self.is_known = self.challenge is not None and answer.is_right(self.challenge)
            self.challenge = None  # good for one answer
        self.owner._heard(
            parts.path[1:],
            Request(self.connection_number, scheme, kind, 200 if self.is_known else 401, answer),
        )
        if self.is_known:
            self._serve(parts.path[1:], int(asked["size"]))
        else:
            self._refuse([f"NTLM {offer}"] if offer else asked["offers"].split("+"), asked, kind)

    def _serve(self, name, size):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(body(name, 0, size))

    def _refuse(self, offers, asked, kind):
        page = b"who is there?\n"
        self.send_response(401)
        for offer in offers:
            self.send_header(
                "WWW-Authenticate", offer if offer != "Basic" else 'Basic realm="longhaul tests"'
            )
        self.send_header("Content-Length", str(len(page)))
        if kind == 0 and "hang_up" in asked:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *words):
        """The tests ask for what they want to know."""
