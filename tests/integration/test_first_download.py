"""The README's way: one command on a bare machine."""

import re
import stat

import pytest
from support.body import check_file

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_one_command_on_a_bare_machine_prints_an_id_and_the_file_arrives(box, nginx):
    url = nginx.add("first.bin", 3_000_000)
    result = box.run("get", url).ok()
    assert GUID.fullmatch(result.out.strip()) and result.err == ""
    box.run("wait", result.out.strip()).ok()
    check_file(box.downloads / "first.bin", "first.bin", 3_000_000)


def test_get_returns_before_the_server_has_answered(box, fault):
    url = fault.url(size=1000, seed="held", gate_head=True)
    transfer = box.get(url)
    fault.wait_stalled(url)
    assert box.show(transfer)["status"] == "Running"
    fault.release(url)
    box.run("wait", transfer).ok()
    check_file(box.downloads / "file.bin", "held", 1000)


def test_until_it_is_complete_nothing_stands_under_the_name_of_the_file(box, fault):
    url = fault.url(size=300_000, seed="name", stall_after=200_000)
    transfer = box.get(url)
    box.wait_show(transfer, lambda now: now["bytes_received"] == 200_000)
    assert [path.name for path in box.downloads.iterdir()] == [f".longhaul-{transfer}.part"]
    fault.release(url)
    box.wait_status(transfer, "Completed")
    assert [path.name for path in box.downloads.iterdir()] == ["file.bin"]


def test_an_empty_file_is_a_file(box, nginx):
    transfer = box.get(nginx.add("empty.bin", 0))
    assert box.wait_status(transfer, "Completed")["total_bytes_to_receive"] == 0
    assert (box.downloads / "empty.bin").stat().st_size == 0


def test_the_downloaded_file_has_the_mode_of_an_ordinary_new_file(box, nginx):
    box.run("get", "--wait", nginx.add("mode.bin", 100)).ok()
    ordinary = box.downloads / "ordinary"
    ordinary.touch()
    assert (box.downloads / "mode.bin").stat().st_mode == ordinary.stat().st_mode


def test_state_and_runtime_folders_are_the_users_own(box, nginx):
    box.run("get", "--wait", nginx.add("private.bin", 100)).ok()
    for folder in (box.state, box.root / "run" / "longhaul"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_several_urls_give_an_id_a_line_in_their_order(box, nginx):
    urls = [nginx.add(f"several-{i}.bin", 1000 + i) for i in range(5)]
    ids = box.get(*urls)
    assert len(ids) == 5
    box.run("wait", *ids).ok()
    for i, transfer in enumerate(ids):
        assert box.show(transfer)["url"] == urls[i]
        check_file(box.downloads / f"several-{i}.bin", f"several-{i}.bin", 1000 + i)


@pytest.mark.parametrize(
    "disposition, name",
    [
        ('attachment; filename="plain.txt"', "plain.txt"),
        ("attachment; filename*=UTF-8''na%C3%AFve.txt", "naïve.txt"),
        ('attachment; filename="../../up.txt"', "up.txt"),
        ('attachment; filename="/etc/passwd"', "passwd"),
        ('attachment; filename=".hidden"', "hidden"),
    ],
)
def test_the_server_may_name_the_file_but_not_choose_the_folder(box, fault, disposition, name):
    box.run(
        "get", "--wait", fault.url("from-url.bin", size=500, seed="d", disposition=disposition)
    ).ok()
    assert [path.name for path in box.downloads.iterdir()] == [name]
    check_file(box.downloads / name, "d", 500)


def test_without_a_better_name_the_url_names_the_file(box, fault):
    transfer = box.get(fault.url("two words.bin", size=10))
    assert box.wait_status(transfer, "Completed")["file"] == str(box.downloads / "two words.bin")


def test_a_name_from_the_url_never_replaces_a_file(box, nginx):
    (box.downloads / "taken.bin").write_text("mine")
    transfer = box.get(nginx.add("taken.bin", 2000))
    assert box.wait_status(transfer, "Completed")["file"] == str(box.downloads / "taken (2).bin")
    assert (box.downloads / "taken.bin").read_text() == "mine"
    check_file(box.downloads / "taken (2).bin", "taken.bin", 2000)


def test_R17_one_url_twice_at_the_same_time_gives_two_whole_files(box, fault):
    url = fault.url(size=200_000, seed="twin", stall_after=100_000)
    ids = box.get(url, url)
    fault.wait_stalled(url, 2)
    fault.release(url)
    box.run("wait", *ids).ok()
    check_file(box.downloads / "file.bin", "twin", 200_000)
    check_file(box.downloads / "file (2).bin", "twin", 200_000)


def test_version_and_help_need_no_daemon(box):
    assert re.search(r"\d+\.\d+\.\d+", box.run("version").ok().out)
    text = box.run("help").ok().out
    for command in (
        "get",
        "list",
        "show",
        "wait",
        "watch",
        "pause",
        "resume",
        "cancel",
        "set",
        "cat",
        "forget",
        "status",
        "events",
    ):
        assert re.search(rf"^\s*{command}\b", text, re.M), command
    assert "--checksum" in box.run("help", "get").ok().out
    assert box.daemon_pids() == []
