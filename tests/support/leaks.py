"""Looking for secrets where they have no business: in files, output and the process list."""

import base64
import pathlib
import urllib.parse


def forms(user, password):
    """The ways in which a password may be written, besides quoting."""
    pair = f"{user}:{password}".encode()
    return {
        password.encode(),
        base64.b64encode(pair),
        base64.b64encode(password.encode()).rstrip(b"="),
    }


def holds(data, secrets):
    """Whether one of them is in the bytes, as it is or with characters quoted as in a URL."""
    plain = urllib.parse.unquote_to_bytes(data)
    return any(secret in data or secret in plain for secret in secrets)


def files_with(root, secrets):
    """The files below a folder that hold one of them."""
    found = []
    for path in sorted(pathlib.Path(root).rglob("*")):
        try:
            if path.is_file() and not path.is_symlink():
                if holds(path.read_bytes(), secrets):
                    found.append(path)
        except FileNotFoundError:
            pass  # it went while we looked
    return found


def said(box, transfer=None):
    """All that the command line and the process list tell about transfers."""
    words = [
        box.run("list", "--all-apps", "--json").ok().out,
        box.run("list", "--all-apps").ok().out,
        box.run("status", "--json").ok().out,
    ]
    if transfer:
        words.append(box.run("show", transfer, "--json").ok().out)
        words.append(box.run("show", transfer).ok().out)
    for pid in box.daemon_pids():
        words.append(pathlib.Path(f"/proc/{pid}/cmdline").read_text())
    return "\n".join(words)


def logged(box):
    """All that the daemon of now has logged."""
    files = [*box.root.rglob("*.log"), *box.root.rglob("log")]
    return "\n".join(path.read_text(errors="replace") for path in files if path.is_file())


def check_unsaid(text, secrets):
    """Asserts that none of them is in the text."""
    assert not holds(text.encode(), secrets), f"one of {secrets} is told: {text}"
