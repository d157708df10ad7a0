"""The store: refused, with a clear message and untouched, where it cannot be understood."""

import hashlib
import sqlite3


def database(box):
    (found,) = [
        path
        for path in box.state.rglob("*")
        if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3"
    ]
    return found


def stopped_after_one(box, fault):
    """A database with one transfer in it, and no daemon that holds it."""
    box.config({"limits": {"idle_exit_s": 1}})
    transfer = box.get(fault.url(size=1))
    box.wait_status(transfer, "Completed")
    box.wait_no_daemon()
    return transfer


def test_a_newer_database_is_refused_and_left_untouched(box, fault):
    stopped_after_one(box, fault)
    path = database(box)
    with sqlite3.connect(path) as connection:
        (version,) = connection.execute("pragma user_version").fetchone()
        assert version > 0
        connection.execute(f"pragma user_version = {version + 1000}")
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    result = box.run("list").fails(3)
    assert "newer" in result.err, result.err
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_a_damaged_database_is_refused_and_left_untouched(box, fault):
    stopped_after_one(box, fault)
    path = database(box)
    content = bytearray(path.read_bytes())
    content[100:] = b"\xa5" * (len(content) - 100)
    path.write_bytes(content)
    result = box.run("list").fails(3)
    assert str(path) in result.err or "damaged" in result.err, result.err
    assert path.read_bytes() == bytes(content)


def test_what_is_no_database_is_refused_and_left_untouched(box):
    box.run("list").ok()
    path = database(box)
    box.kill9_daemon()
    for other in path.parent.glob(path.name + "-*"):
        other.unlink()
    path.write_text("these are my notes, not a database " * 100)
    before = path.read_bytes()
    box.run("list").fails(3)
    assert path.read_bytes() == before


def test_everything_is_still_there_after_a_restart(box, fault):
    done = box.get(fault.url(size=10), "-H", "X-Kept: yes", "--priority", "high")
    box.wait_status(done, "Completed")
    failed = box.get(fault.url(status=404))
    box.wait_status(failed, "Error")
    paused = box.get("--paused", fault.url(size=10), "--priority", "low")
    before = [box.show(each) for each in (done, failed, paused)]
    box.kill9_daemon()
    assert [box.show(each) for each in (done, failed, paused)] == before


def test_what_was_set_on_a_paused_one_is_still_sent_after_a_restart(box, fault):
    url = fault.url(size=10)
    transfer = box.get("--paused", url, "-H", "X-Kept: yes")
    box.kill9_daemon()
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    assert fault.requests(url)[0].header("X-Kept") == "yes"


def test_the_database_is_for_the_user_alone(box):
    box.run("list").ok()
    assert database(box).stat().st_mode & 0o077 == 0
