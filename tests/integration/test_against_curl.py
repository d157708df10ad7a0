"""Ordinary exchanges, done by curl and by longhaul: the same file, status and response.

Where longhaul does otherwise on purpose, the case says so, with its rule (support/curl_cases.py).
"""

import dataclasses
import gzip
import os
import shutil
import socket
import subprocess

import pytest
from support import exchange
from support.body import body, check_file
from support.curl_cases import CASES, CODES, MOVED, SIZES
from support.nginx import Nginx

curl = shutil.which("curl")
pytestmark = pytest.mark.skipif(not curl, reason="there is no curl to compare with")


def _has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


IPV6 = _has_ipv6()


class Web(Nginx):
    """An nginx with a location for each kind of answer; /echo says what was asked of it."""

    def _server(self, listen):
        if listen.endswith(f":{self.port};") and IPV6:
            listen += f" listen [::1]:{self.port};"
        answers = "".join(f"location = /answer/{c} {{ return {c}; }}" for c in CODES)
        # Further than an answer of 20 may be followed.
        answers += "location = /chain/0 { return 200 end; }"
        answers += "".join(
            f"location = /chain/{n} {{ return 302 /chain/{n - 1}; }}" for n in range(1, 22)
        )
        for code in MOVED:
            answers += f"location = /absolute/{code} {{ return {code} /echo/from-{code}?a=b; }}"
            answers += f"""location = /relative/{code} {{
                absolute_redirect off; return {code} /echo/from-{code}?a=b; }}"""
        return f"""
            server {{
              {listen} server_name localhost; root {self.documents};
              limit_rate $arg_rate;
              location = / {{ return 200 "[$request_method $request_uri]"; }}
              location /echo {{
                add_header X-Twice one; add_header X-Twice two; add_header Set-Cookie a=b;
                add_header Set-Cookie c=d;
                return 200 "[$request_method $request_uri $server_protocol] [$http_host]
                            [$http_x_own] [$http_authorization] [$http_cookie] [$http_range]
                            [$http_referer] [$http_accept]";
              }}
              location = /echo-agent {{ return 200 "[$http_user_agent]"; }}
              location = /echo-encoding {{ return 200 "[$http_accept_encoding]"; }}
              location = /count {{ return 200 "[$connection_requests]"; }}
              location = /loop {{ return 302 /loop; }}
              location = /to-tls {{ return 302 https://127.0.0.1:{self.tls_ports['good']}/echo; }}
              location = /to-plain {{ return 302 http://127.0.0.1:{self.port}/echo; }}
              location /chunked/ {{
                alias {self.documents}/; sub_filter_types *; sub_filter "is in none of them" "";
              }}
              location /until-the-end/ {{
                alias {self.documents}/; sub_filter_types *; sub_filter "is in none of them" "";
                chunked_transfer_encoding off;
              }}
              location /encoded/ {{ alias {self.documents}/; gzip_static always; }}
              location /no-ranges/ {{ alias {self.documents}/; max_ranges 0; }}
              location /no-validator/ {{
                alias {self.documents}/; etag off; add_header Last-Modified "";
              }}
              {answers}
            }}
        """


@pytest.fixture(scope="module")
def web(tmp_path_factory, certificates):
    with Web(tmp_path_factory.mktemp("nginx") / "w", certificates.servers) as server:
        for size in SIZES:
            server.add(f"size-{size}", size)
        for name in ("plain.bin", "with blank", "ünïcode.bin", "a+b&c=d;e", "100%", "dir/in.bin"):
            server.add(name, 5000)
        (server.documents / "zipped.txt.gz").write_bytes(gzip.compress(b"text " * 1000, mtime=0))
        yield server


# ---- the comparison ------------------------------------------------------------------------------


@dataclasses.dataclass
class Outcome:
    """What became of one download."""

    completed: bool
    status: int | None  # of the last answer
    name: str | None  # of the file
    content: bytes | None
    heads: list | None  # the header fields of the last answer
    asked: list | None = None  # method and target of the requests, where the server tells them


def start_of(test, web):
    if test.at == "ipv6":
        return f"http://[::1]:{web.port}"
    if test.at == "tls":
        return f"https://{test.host}:{web.tls_ports['good']}"
    return f"http://{test.host}:{web.port}"


def last_head(dump):
    """Names and values of the last head that curl has dumped."""
    blocks = dump.replace("\r\n", "\n").strip("\n").split("\n\n")
    return fields(line.partition(":")[::2] for line in blocks[-1].split("\n")[1:])


def fields(pairs):
    """Comparable: what differs by the moment is left out."""
    return sorted([n.lower(), v.strip()] for n, v in pairs if n.lower() != "date")


def only_file(folder):
    found = list(folder.iterdir())
    assert len(found) <= 1, f"there is more than one file: {found}"
    return (found[0].name, found[0].read_bytes()) if found else (None, None)


def by_curl(box, certificates, url, options, named):
    folder, heads = box.root / "by-curl", box.root / "heads"
    folder.mkdir()
    command = [curl, "--disable", "--silent", "--show-error", "--globoff", "--location", "--fail"]
    command += ["--max-redirs", "20", "--max-time", "60", "--remove-on-error"]
    command += ["--cacert", certificates.ca, "--write-out", "%{http_code}", "--dump-header", heads]
    command += ["--remote-name", "--remote-header-name"] if named else ["--output", "out"]
    done = subprocess.run(
        [*command, *options, url],
        cwd=folder,
        env={name: box.env[name] for name in ("PATH", "LANG", "HOME")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )
    said = f"curl ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}"
    name, content = only_file(folder)
    if done.returncode != 0:
        name = content = None  # an empty file may be left
    dump = heads.read_text("latin-1") if heads.exists() else ""
    status = int(done.stdout) or None
    return (
        Outcome(done.returncode == 0, status, name, content, last_head(dump) if dump else None),
        said,
    )


def by_longhaul(box, url, options, named):
    transfer = box.get(url, *options, *([] if named else ["-o", "out"]))
    box.run("wait", transfer)
    shown = box.show(transfer)
    name, content = only_file(box.downloads)
    response = shown["response"]
    heads = fields(response["headers"]) if response else None
    completed = shown["status"] == "Completed"
    assert (shown["error"] is None) == completed and shown["status"] in ("Completed", "Error")
    assert shown["file"] == str(box.downloads / name) if completed else name is None, shown
    return Outcome(completed, shown["http_status"], name, content, heads), shown


@pytest.fixture
def once(box, certificates):
    """A failed attempt is not repeated, as curl repeats none."""
    box.config({"retry": {"count": 0}, "tls": {"ca_file": str(certificates.ca)}})
    return box


def compare(test, theirs, ours, said):
    wanted = dataclasses.replace(theirs, **test.ours)
    for key in ("completed", "status", "name", "asked"):
        assert getattr(ours, key) == getattr(wanted, key), said
    assert ours.content == wanted.content, f"the bytes differ: {said}"
    if test.heads:
        assert ours.heads == wanted.heads, said
    # What is said to differ does.
    assert not test.ours or wanted != theirs, f"there is no difference any more: {said}"


@pytest.mark.parametrize("test", CASES)
def test_longhaul_does_what_curl_does(once, web, certificates, test):
    if test.at == "ipv6" and not IPV6:
        pytest.skip("there is no IPv6 here")
    if test.answers is None:
        url = start_of(test, web) + test.path
        theirs, reason = by_curl(once, certificates, url, test.curl, test.named)
        ours, shown = by_longhaul(once, url, test.get, test.named)
        return compare(test, theirs, ours, f"{test.says}: {reason}\n{shown}")
    theirs, reason, port, _ = with_answers(test, by_curl, once, certificates)
    ours, shown, our_port, requests = with_answers(test, by_longhaul, once)
    for pair in theirs.heads or []:
        pair[1] = pair[1].replace(str(port), str(our_port))
    if "Authorization" in test.says:
        assert [each.header("Authorization") for each in requests] == ["Bearer x", None]
    return compare(test, theirs, ours, f"{test.says}: {reason}\n{shown}")


def with_answers(test, fetch, box, *more):
    """Has it fetched from a server that says the answers of the test."""
    with exchange.ExchangeServer(test.answers) as server:
        url = f"http://{test.host}:{server.port}{test.path}"
        options = test.curl if fetch is by_curl else test.get
        outcome, said = fetch(box, *more, url, options, test.named)
    outcome.asked = [(each.method, each.target) for each in server.requests]
    return outcome, said, server.port, server.requests


# ---- several requests ----------------------------------------------------------------------------


@pytest.mark.parametrize("tls", [None, "good"], ids=["plain", "tls"])
def test_a_connection_is_used_again(once, web, certificates, tls):
    once.config(
        {
            "limits": {"running": 1},
            "retry": {"count": 0},
            "tls": {"ca_file": str(certificates.ca)},
        }
    )
    url = web.url("count", tls=tls)
    wanted = [b"[1]", b"[2]", b"[3]"]
    folder = once.root / "by-curl"
    folder.mkdir()
    command = [curl, "--disable", "--silent", "--fail", "--cacert", certificates.ca]
    for number in range(3):
        command += ["--output", str(number), url]
    subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL, timeout=60)
    assert [(folder / str(number)).read_bytes() for number in range(3)] == wanted
    lines = "".join(f"{url}\t{number}\n" for number in range(3))
    once.run("get", "--wait", "-i", "-", input=lines).ok()
    assert [(once.downloads / str(number)).read_bytes() for number in range(3)] == wanted


@pytest.mark.parametrize("certificate", ["self_signed", "expired", "other_name"])
def test_a_bad_certificate_is_bad_for_both(once, web, certificates, certificate):
    url = web.url("plain.bin", tls=certificate)
    theirs, _ = by_curl(once, certificates, url, [], False)
    ours, _ = by_longhaul(once, url, [], False)
    assert ours == theirs == Outcome(False, None, None, None, None)


# What nginx sends at once of a response of this rate is half of the file, and later the rest.
SIZE, RATE = 1_200_000, 600_000


def half_by_curl(box, web, name, folder):
    """`curl -C -` with the first half there: its exit status, and what the file holds then."""
    place = box.root / "by-curl"
    place.mkdir()
    (place / "out").write_bytes(body(name, 0, RATE))
    command = [curl, "--disable", "--silent", "--fail", "--continue-at", "-", "--output", "out"]
    done = subprocess.run([*command, web.url(folder + name)], cwd=place, check=False, timeout=60)
    return done.returncode, (place / "out").read_bytes()


def half_by_longhaul(box, url, interrupted_by):
    """A download that stands still in its middle, and how to let it go on."""
    transfer = box.get(url, "-o", "out")
    box.wait_show(transfer, lambda now: now["bytes_received"] >= RATE)
    if interrupted_by == "pause":
        box.run("pause", transfer).ok()
        box.wait_status(transfer, "PausedByApplication")
        return transfer, lambda: box.run("resume", transfer).ok()
    box.kill9_daemon()
    return transfer, lambda: None  # the next command starts the daemon


@pytest.mark.parametrize("interrupted_by", ["pause", "kill"])
@pytest.mark.parametrize(
    "folder, theirs, ours",
    [
        ("", 0, 206),
        ("no-ranges/", 33, 200),  # R75: begun again, where curl gives up
        ("no-validator/", 0, 200),  # R72 as amended: nothing proves that the rest fits
        ("chunked/", 33, 200),
    ],
    ids=["resumable", "without-ranges", "without-validator", "chunked"],
)
def test_R72_the_rest_of_a_half_file_makes_the_whole(
    once, web, interrupted_by, folder, theirs, ours
):
    name = f"half-{once.root.name}"
    web.add(name, SIZE)
    code, content = half_by_curl(once, web, name, folder)
    assert code == theirs and content == body(name, 0, SIZE if code == 0 else RATE)

    url = web.url(folder + name, rate=RATE)
    transfer, go_on = half_by_longhaul(once, url, interrupted_by)
    go_on()
    shown = once.wait_status(transfer, "Completed")
    check_file(once.downloads / "out", name, SIZE)
    assert shown["http_status"] == ours and shown["has_restarted"] is (ours == 200), shown


@pytest.mark.parametrize("interrupted_by", ["pause", "kill"])
def test_R76_the_rest_of_another_version_is_not_joined_as_curl_does(once, web, interrupted_by):
    name = f"changed-{once.root.name}"
    url = web.url(name, rate=RATE)
    web.add(name, SIZE)
    transfer, go_on = half_by_longhaul(once, url, interrupted_by)
    web.add(name, SIZE, seed="another")
    os.utime(web.documents / name, (1, 1))
    code, content = half_by_curl(once, web, name, "")
    assert code == 0 and content == body(name, 0, RATE) + body("another", RATE, SIZE - RATE)
    go_on()
    shown = once.wait_status(transfer, "Completed")
    check_file(once.downloads / "out", "another", SIZE)
    assert shown["has_restarted"] is True
