"""What test_against_curl.py has curl and longhaul fetch, a line or two for each exchange.

What curl makes of it is what longhaul must make of it, save what stands in `ours`, for which
`rule` gives the reason.
"""

import types

import pytest

from support import exchange

CODES = (203, 204, 205, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 415)
CODES += (417, 418, 421, 429, 451, 500, 501, 502, 503, 504, 505, 507)
MOVED = (301, 302, 303, 307, 308)
SIZES = (0, 1, 4095, 4096, 4097, 65_535, 65_536, 65_537, 1_048_577, 20_000_000)


def case(says, path="/", *, at="plain", answers=None, get=(), curl=None, named=False, **more):
    """`at` names the server; `answers` are those of a server that says just them (exchange.py).

    `get` are options of `longhaul get`, `curl` those of curl (the same unless given). `named`: the
    name is left to server and URL. `heads`: whether response headers are compared. `bug`: what is
    still wrong.
    """
    assert not more.keys() - {"rule", "ours", "heads", "host", "bug"}, says
    assert ("rule" in more) == ("ours" in more), says
    return pytest.param(
        types.SimpleNamespace(
            says=says,
            path=path,
            at="answers" if answers else at,
            answers=[answers] if isinstance(answers, (str, tuple)) else answers,
            get=list(get),
            curl=list(get if curl is None else curl),
            named=named,
            rule=more.get("rule"),
            ours=more.get("ours", {}),
            heads=more.get("heads", True),
            host=more.get("host", "127.0.0.1"),
        ),
        id=says.replace(" ", "-"),
        marks=pytest.mark.xfail(strict=True, reason=more["bug"]) if "bug" in more else (),
    )


def answer(head, body="=", then="keep"):
    return {"head": head, "body": body, "then": then}


def ok(extra="", body="=hello"):
    """A 200 with the length of the body."""
    length = len(exchange.content(body))
    return answer(f"HTTP/1.1 200 OK\nContent-Length: {length}\n{extra}", body)


def moved(location, code=302):
    return answer(f"HTTP/1.1 {code} Moved\nContent-Length: 0\nLocation: {location}\n")


def named(disposition):
    return [ok(f"Content-Disposition: {disposition}\n")]


ERROR = {"completed": False, "name": None, "content": None}
EMPTY = {"content": b""}
NO_HEAD = {
    "rule": "R78: there is no response as long as its head is not whole",
    "ours": {"status": None},
    "heads": False,
}


def gives(name, **more):
    return {"name": name, **more}


def asks(*targets):
    return {"asked": [("GET", target) for target in targets]}


CASES = [
    *[case(f"a file of {size} bytes", f"/size-{size}") for size in SIZES],
    *[case(f"chunks of {s} bytes in all", f"/chunked/size-{s}") for s in (0, 1, 65_537, 1_048_577)],
    *[case(f"{s} bytes until the end", f"/until-the-end/size-{s}") for s in (0, 1, 1_048_577)],
    *[case(f"TLS and {s} bytes", f"/size-{s}", at="tls") for s in (0, 4096, 1_048_577)],
    case("TLS by name", "/plain.bin", at="tls", host="localhost"),
    case("HTTP 2 is spoken over TLS", "/echo/x", at="tls", curl=["--http2"]),
    case("IPv6", "/plain.bin", at="ipv6"),
    case("IPv6 and its Host", "/echo/six", at="ipv6"),
    case("a slow server", "/plain.bin?rate=4k"),
    case("a file in a folder", "/dir/in.bin"),
    case("a folder", "/dir/"),
    case("a folder without its slash", "/dir"),
    # ---- what is asked for
    case("an empty path", "", host="localhost"),
    case("an empty path and a query", "?a=b"),
    case("a query", "/echo?a=b&c=%20d&&e==f"),
    case("an empty query", "/echo?"),
    case("a second question mark", "/echo?a?b=?"),
    case("a fragment is not sent", "/echo/x?a=b#part?c=d"),
    case("a hash in percent", "/echo/a%23b"),
    case("dot segments", "/echo/a/./b/../c/%2e%2e/d/.."),
    case("dot segments above the root", "/../../echo/../../echo/x"),
    case("double slashes", "//echo//a///b"),
    case("a slash in percent", "/echo/a%2Fb%2fc"),
    case("unreserved letters in percent", "/echo/%41%7E%2d"),
    case("reserved letters", "/echo/a;b,c=d&e'(f)*g!h@i:j+k$l"),
    case("a blank in percent", "/with%20blank"),
    case("a percent sign", "/100%25"),
    case("a plus is a plus", "/a+b&c=d;e"),
    case("UTF-8 in percent", "/%C3%BCn%C3%AFcode.bin"),
    case("UTF-8 as it is", "/ünïcode.bin"),
    case("a path of 7000 letters", "/echo/" + "x" * 7000),
    case("a query of 7000 letters", "/echo?" + "x=y&" * 1750),
    case("a path longer than the server takes", "/echo/" + "x" * 20_000),
    case("a host in capitals", "/count", host="LOCALHOST"),
    case("a host name below localhost", "/echo", host="sub.localhost"),
    case("an international host name", "/echo", host="bücher.localhost"),
    case("an international host name in punycode", "/echo", host="xn--bcher-kva.localhost"),
    case("an address in hexadecimal", "/echo", host="0x7f.1"),
    case("an address in one number", "/echo", host="2130706433"),
    case("a host name with a dot at its end", "/plain.bin", host="localhost."),
    # ---- how it is asked for
    case(
        "HEAD",
        "/size-4096",
        get=["--method", "HEAD"],
        curl=["--head"],
        rule="R56: no content",
        ours=EMPTY,
    ),
    case("HEAD of what is not there", "/none", get=["--method", "HEAD"], curl=["--head"]),
    case("DELETE", "/echo/x", get=["--method", "DELETE"], curl=["--request", "DELETE"]),
    case("OPTIONS", "/echo/x", get=["--method", "OPTIONS"], curl=["--request", "OPTIONS"]),
    case(
        "a method of one's own", "/echo/x", get=["--method", "FETCH"], curl=["--request", "FETCH"]
    ),
    case("POST", "/echo/x", get=["--method", "POST"], curl=["--data", ""]),
    case("PUT", "/echo/x", get=["--method", "PUT"], curl=["--request", "PUT", "--data", ""]),
    case("POST to a file", "/plain.bin", get=["--method", "POST"], curl=["--data", ""]),
    case("a header of one's own", "/echo/x", get=["-H", "X-Own:  a:b c "]),
    case("a header in small letters", "/echo/x", get=["-H", "x-own: v"]),
    case("a header in UTF-8", "/echo/x", get=["-H", "X-Own: grüß"]),
    case("a Host of one's own", "/echo/x", get=["-H", "Host: elsewhere.example"]),
    case("Authorization", "/echo/x", get=["-H", "Authorization: Bearer a.b.c="]),
    case("a cookie", "/echo/x", get=["-H", "Cookie: k=v; l=w"]),
    case("an Accept of one's own", "/echo/x", get=["-H", "Accept: text/plain"]),
    case("a Referer", "/echo/x", get=["-H", "Referer: http://a.example/b"]),
    case("a User-Agent of one's own", "/echo-agent", get=["-H", "User-Agent: me/1.0"]),
    case("a User-Agent without a value", "/echo-agent", get=["-H", "User-Agent:"]),
    case(
        "identity is asked for",
        "/echo-encoding",
        rule="R71: downloads ask for identity",
        ours={"content": b"[identity]"},
        heads=False,
    ),
    case("an encoding of one's own", "/echo-encoding", get=["-H", "Accept-Encoding: gzip"]),
    case("gzip though identity was asked for", "/encoded/zipped.txt"),
    # ---- answers
    *[case(f"status {code}", f"/answer/{code}") for code in CODES],
    case("what is not there", "/none"),
    case("status 404 over HTTP 2", "/none", at="tls"),
    case("status 299", answers=[answer("HTTP/1.1 299 Odd\nContent-Length: 2\n", "=hi")]),
    case("status 511", answers=[answer("HTTP/1.1 511 Login\nContent-Length: 2\n", "=hi")]),
    case(
        "status 304",
        answers=[answer("HTTP/1.1 304 Not Modified\n")],
        rule="web_error_status.md, section 3: 304 is an error",
        ours=ERROR,
    ),
    case(
        "status 300",
        answers=[answer("HTTP/1.1 300 Choose\nContent-Length: 2\n", "=hi")],
        rule="web_error_status.md, section 3: 300 is an error",
        ours=ERROR,
    ),
    case(
        "status 206 unasked",
        rule="web_error_status.md, section 3: an unasked 206 is an error",
        ours=ERROR,
        answers=[
            answer("HTTP/1.1 206 Part\nContent-Length: 2\nContent-Range: bytes 0-1/2\n", "=hi")
        ],
    ),
    case(
        "status 999",
        answers=[answer("HTTP/1.1 999 Odd\nContent-Length: 2\n", "=hi")],
    ),
    case(
        "interim answers",
        answers=[
            answer(
                "HTTP/1.1 103 Hints\nLink: </a>\n\nHTTP/1.1 100 Go\n\n"
                "HTTP/1.1 200 OK\nContent-Length: 5\n",
                "=hello",
            )
        ],
    ),
    case("HTTP 1.0", answers=[answer("HTTP/1.0 200 OK\n", "=hello", "close")]),
    case(
        "HTTP 1.0 and its length",
        answers=[answer("HTTP/1.0 200 OK\nContent-Length: 5\n", "=hello")],
    ),
    case("no reason", answers=[answer("HTTP/1.1 200\nContent-Length: 5\n", "=hello")]),
    case(
        "blanks behind values",
        answers=[ok("X-A: one   \nX-B:\t two \t\nX-C:three\nX-D:\nX-E:  \n")],
    ),
    case("a header given twice", answers=[ok("X-A: one\nX-B: b\nx-a: two\nX-A: one\n")]),
    case("colons in values", answers=[ok('X-A: a:b::c "d: e"\n')]),
    case("Latin-1 in values", answers=[ok("X-A: grüß\n")], heads=False),
    case("two equal lengths", answers=[ok("Content-Length: 5\n")], heads=False),
    case(
        "lengths that differ",
        heads=False,
        answers=[
            answer("HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 6\n", "=hello", "close")
        ],
    ),
    case(
        "a length that is no number",
        answers=[answer("HTTP/1.1 200 OK\nContent-Length: x\n", "=hi", "close")],
        **NO_HEAD,
    ),
    case(
        "a length below zero",
        answers=[answer("HTTP/1.1 200 OK\nContent-Length: -5\n", "=hi", "close")],
        **NO_HEAD,
    ),
    case(
        "a body shorter than its length",
        answers=[answer("HTTP/1.1 200 OK\nContent-Length: 9\n", "=hello", "close")],
    ),
    case(
        "a body longer than its length",
        answers=[answer("HTTP/1.1 200 OK\nContent-Length: 5\n", "=hello there", "close")],
    ),
    case(
        "a body that ends in a reset",
        answers=[answer("HTTP/1.1 200 OK\nContent-Length: 9\n", "=hello", "reset")],
    ),
    case(
        "chunks with a trailer",
        heads=False,
        answers=[
            answer(
                "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n",
                "=5;x=y\r\nhello\r\n0\r\nX-T: t\r\n\r\n",
            )
        ],
    ),
    case(
        "chunks without an end",
        answers=[
            answer("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", "=5\r\nhello\r\n", "close")
        ],
    ),
    case(
        "a chunk that is none",
        answers=[
            answer(
                "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n",
                "=zz\r\nhello\r\n0\r\n\r\n",
                "close",
            )
        ],
    ),
    case(
        "chunks and a length",
        answers=[
            answer(
                "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nContent-Length: 3\n",
                "=5\r\nhello\r\n0\r\n\r\n",
            )
        ],
    ),
    case("no answer", answers=[answer("", "=", "close")], heads=False),
    case("what is no HTTP", answers=[answer("220 mail.example ESMTP\n", "=", "close")]),
    # ---- redirects
    *[case(f"{code} absolute", f"/absolute/{code}") for code in MOVED],
    *[case(f"{code} relative", f"/relative/{code}") for code in MOVED],
    *[
        case(
            f"{code} of a POST", f"/relative/{code}", get=["--method", "POST"], curl=["--data", ""]
        )
        for code in MOVED
    ],
    *[
        case(
            f"{code} of a PUT",
            f"/relative/{code}",
            get=["--method", "PUT"],
            curl=["--upload-file", "/dev/null"],
        )
        for code in MOVED
    ],
    *[
        case(
            f"{code} of a HEAD",
            f"/relative/{code}",
            get=["--method", "HEAD"],
            curl=["--head"],
            rule="R56: no content",
            ours=EMPTY,
        )
        for code in (302, 303)
    ],
    case("a redirect over HTTP 2", "/relative/302", at="tls"),
    case("a chain of 2", "/chain/2"),
    case("a chain of 20", "/chain/20"),
    case("a chain of 21", "/chain/21"),
    case("a loop", "/loop"),
    case(
        "a redirect to what is not there",
        answers=[moved("/none"), answer("HTTP/1.1 404 None\nContent-Length: 2\n", "=no")],
    ),
    case("a redirect from http to https", "/to-tls"),
    case(
        "a redirect from https to http",
        "/to-plain",
        at="tls",
        rule="R68: refused",
        ours={**ERROR, "status": 302},
        heads=False,
    ),
    case("a redirect to a relative path", "/a/b?c", answers=[moved("d/../e"), ok()]),
    case("a redirect to a query", "/a/b?c", answers=[moved("?d"), ok()]),
    case("a redirect upwards", "/a/b/c", answers=[moved("../../../d"), ok()]),
    case("a redirect without scheme", "/a/b/c", answers=[moved("//localhost:{port}/x"), ok()]),
    case("a redirect with a fragment", "/a", answers=[moved("/b#c"), ok()]),
    case(
        "a redirect with a blank",
        "/a",
        answers=[moved("/b c?d e"), ok()],
        rule="RFC 3986, section 2.1: a plus is no blank",
        ours=asks("/a", "/b%20c?d%20e"),
    ),
    case("a redirect with blanks around", "/a", answers=[moved("  /b  "), ok()]),
    case("a redirect in percent", "/a", answers=[moved("/%62%2Fc%20"), ok()]),
    case(
        "a redirect in Latin-1",
        "/a",
        answers=[moved("/grüß"), ok()],
        rule="RFC 3986, section 6.2.2.1: capitals",
        ours=asks("/a", "/gr%FC%DF"),
    ),
    case(
        "a redirect with a body",
        answers=[answer("HTTP/1.1 302 Found\nLocation: /b\nContent-Length: 5\n", "=hello"), ok()],
    ),
    case(
        "a redirect whose body ends with the connection",
        answers=[answer("HTTP/1.1 302 Found\nLocation: /b\n", "=hello", "close"), ok()],
    ),
    case(
        "a redirect that sets a cookie",
        "/a",
        heads=False,
        answers=[
            answer(
                "HTTP/1.1 302 Found\nLocation: /b\nSet-Cookie: s=1; Path=/\nContent-Length: 0\n"
            ),
            ok(),
        ],
        curl=["--cookie", ""],
    ),
    case(
        "a redirect without Location",
        answers=[answer("HTTP/1.1 302 Found\nContent-Length: 2\n", "=hi")],
        rule="web_error_status.md, section 3: RedirectFailed",
        ours=ERROR,
    ),
    case(
        "308 without Location",
        answers=[answer("HTTP/1.1 308 Moved\nContent-Length: 2\n", "=hi")],
        rule="web_error_status.md, section 3: UnexpectedRedirection",
        ours=ERROR,
    ),
    case("a redirect to a file of the machine", answers=[moved("file:///etc/hostname")]),
    case("a redirect to no URL", answers=[moved("http://")]),
    case("a refresh is no redirect", answers=[ok("Refresh: 0; url=/b\n")]),
    case("a Location in a 200", answers=[ok("Location: /b\n")]),
    case(
        "Authorization stays with its host",
        "/a",
        get=["-H", "Authorization: Bearer x"],
        answers=[moved("http://localhost:{port}/b"), ok()],
    ),
    # ---- names
    case("the name in the URL", "/dir/in.bin?a=/b", named=True),
    case(
        "a name in percent",
        "/with%20blank",
        named=True,
        rule="cli.md: the name that is meant",
        ours=gives("with blank"),
    ),
    case(
        "a name in UTF-8",
        "/%C3%BCn%C3%AFcode.bin",
        named=True,
        rule="cli.md: the name that is meant",
        ours=gives("ünïcode.bin"),
    ),
    case(
        "no name in the URL",
        "/",
        named=True,
        rule="cli.md: there is always a name",
        heads=False,
        ours={"completed": True, "status": 200, "name": "download", "content": b"[GET /]"},
    ),
    case("a name of the server", "/x", answers=named('attachment; filename="a b.bin"'), named=True),
    case("a name without quotes", "/x", answers=named("attachment; filename=a.bin"), named=True),
    case(
        "a name in single quotes",
        "/x",
        answers=named("attachment; filename='a.bin'"),
        named=True,
        rule="RFC 6266: single quotes are letters",
        ours=gives("'a.bin'"),
    ),
    case(
        "a name with a path",
        "/x",
        answers=named('attachment; filename="../../etc/a.bin"'),
        named=True,
    ),
    case(
        "a name with quotes in it",
        "/x",
        answers=named(r'attachment; filename="a \"b\".bin"'),
        named=True,
        rule="RFC 6266: a backslash quotes",
        ours=gives('a "b".bin'),
    ),
    case(
        "a name behind other parameters",
        "/x",
        answers=named('inline; size=5; filename="a.bin"; x=y'),
        named=True,
    ),
    case(
        "an empty name",
        "/x.bin",
        answers=named('attachment; filename=""'),
        named=True,
        rule="RFC 6266, section 4.3: as if there were none",
        ours=gives("x.bin", completed=True, content=b"hello"),
    ),
    case("no name in the disposition", "/x.bin", answers=named("attachment"), named=True),
    case(
        "an extended name",
        "/x",
        answers=named("attachment; filename*=UTF-8''gr%C3%BC%C3%9F.bin"),
        named=True,
        rule="RFC 6266, section 4.3: curl does not know it",
        ours=gives("grüß.bin"),
    ),
    case(
        "both kinds of names",
        "/x",
        answers=named("attachment; filename=\"a.bin\"; filename*=UTF-8''b.bin"),
        named=True,
        rule="RFC 6266, section 4.3: the extended one wins",
        ours=gives("b.bin"),
    ),
    case("a name after a redirect", "/first.bin", answers=[moved("/second.bin"), ok()], named=True),
]
