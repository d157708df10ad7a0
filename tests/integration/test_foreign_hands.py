"""Somebody else does something to the partial file, its folder or the disk while it is written."""

import os
import shutil

import pytest
from support.body import check_file
from support.deadline import until

SIZE, STALL = 5_000_000, 2_000_000


@pytest.fixture
def begun(quick_retries, fault):
    """A download that stands still after STALL bytes: (transfer, its URL, its partial file)."""

    def get(*options):
        url = fault.url(size=SIZE, seed="h", etag="strong", stall_after=STALL, times=1)
        transfer = quick_retries.get(url, *options)
        fault.wait_stalled(url)
        quick_retries.wait_show(transfer, lambda now: now["bytes_received"] == STALL)
        (partial,) = quick_retries.partial_files()
        return transfer, url, partial

    return get


def replace_by_pipe(partial):
    partial.unlink()
    os.mkfifo(partial)


def replace_by_link(partial):
    victim = partial.with_name("victim")
    victim.write_text("precious")
    partial.unlink()
    partial.symlink_to(victim)


def replace_by_folder(partial):
    partial.unlink()
    partial.mkdir()


@pytest.mark.parametrize("killed", [False, True], ids=["", "killed"])
@pytest.mark.parametrize(
    "replace,what",
    [
        (replace_by_pipe, "a pipe"),
        (replace_by_link, "a symbolic link"),
        (replace_by_folder, "a folder"),
    ],
)
def test_what_is_no_file_is_named_and_nobody_waits_for_it(
    quick_retries, fault, begun, replace, what, killed
):
    transfer, url, partial = begun()
    replace(partial)
    if killed:
        quick_retries.kill9_daemon()
        quick_retries.list()
    fault.release(url)
    shown = quick_retries.wait_status(transfer, "Error")
    assert f"{partial}: {what}" in shown["error"]["message"]
    # The file thread still has time for others.
    other = quick_retries.get(fault.url("other.bin", size=10))
    quick_retries.wait_status(other, "Completed")
    if replace is replace_by_link:
        assert partial.with_name("victim").read_text() == "precious"
    if replace is replace_by_folder:
        partial.rmdir()  # never ours to remove


def cut(partial):
    os.truncate(partial, 1_000_000)


def extend(partial):
    with open(partial, "ab") as file:
        file.write(b"garbage")


def remove(partial):
    partial.unlink()


def replace_by_copy(partial):
    copy = partial.with_name("copy")
    copy.write_bytes(bytes(STALL))
    copy.rename(partial)


@pytest.mark.parametrize("harm", [cut, extend, remove, replace_by_copy])
def test_bytes_that_are_lost_are_fetched_again_and_never_missing(quick_retries, fault, begun, harm):
    transfer, url, partial = begun()
    harm(partial)
    fault.release(url)
    shown = quick_retries.wait_status(transfer, "Completed")
    check_file(quick_retries.downloads / "file.bin", "h", SIZE)
    assert shown["has_restarted"] is True


def test_cancel_leaves_nothing_in_a_folder_that_has_moved(quick_retries, begun):
    before = quick_retries.root / "before"
    before.mkdir()
    transfer, _, partial = begun("-d", str(before))
    after = before.rename(quick_retries.root / "after")
    quick_retries.run("cancel", transfer).ok()
    until(lambda: not (after / partial.name).exists(), 10, "the partial file to go")


def test_a_folder_that_has_moved_is_an_error_that_names_it(quick_retries, fault, begun):
    before = quick_retries.root / "before"
    before.mkdir()
    transfer, url, _ = begun("-d", str(before))
    after = before.rename(quick_retries.root / "after")
    fault.release(url)
    shown = quick_retries.wait_status(transfer, "Error")
    assert str(before) in shown["error"]["message"]
    assert list(after.iterdir()) == []


def test_a_length_that_a_server_only_announces_takes_little_of_the_disk(box, fault):
    announced = min(4 << 30, shutil.disk_usage(box.downloads).free // 2)
    url = fault.url(size=announced, seed="h", stall_after=10)
    transfer = box.get(url)
    fault.wait_stalled(url)
    box.wait_show(transfer, lambda now: now["bytes_received"] == 10)
    (partial,) = box.partial_files()
    assert partial.stat().st_blocks * 512 <= 64 << 20
    box.run("cancel", transfer).ok()
