"""Many at once."""

import time

import pytest
from support.body import body, check_file


def test_two_thousand_small_files_all_arrive(box, nginx):
    size, count = 2048, 2000
    folder = nginx.documents / box.root.name / "many"
    folder.mkdir(parents=True)
    for i in range(count):
        (folder / f"{i}").write_bytes(body("many", i * size, size))
    lines = [f"{nginx.url(f'{box.root.name}/many/{i}')}\tm{i}" for i in range(count)]
    ids = box.run("get", "-i", "-", input="\n".join(lines)).ok().lines
    assert len(set(ids)) == count
    box.run("wait", timeout=120).ok()
    for i in range(count):
        assert (box.downloads / f"m{i}").read_bytes() == body("many", i * size, size), i
    assert len(list(box.downloads.iterdir())) == count
    listed = box.list()
    assert [each["id"] for each in listed] == ids
    assert {each["status"] for each in listed} == {"Completed"}


@pytest.mark.parametrize("killed", ["client", "service"])
def test_a_batch_that_is_cut_off_is_there_whole_or_not_at_all(box, fault, killed):
    count, url = 5000, fault.url(size=1)
    lines = box.root / "lines"
    lines.write_text("".join(f"{url}\tb{i}\n" for i in range(count)))

    def remove_all():
        box.run("cancel", "--all").ok()
        box.run("forget", "--done").ok()

    began = time.monotonic()
    box.run("get", "--paused", "-i", lines).ok()
    takes = time.monotonic() - began
    remove_all()
    for moment in range(10):
        box.run("status").ok()
        client = box.start("get", "--paused", "-i", lines)
        time.sleep(takes * (moment + 0.5) / 10)  # spread over the whole of it
        if killed == "client":
            client.kill9()
        else:
            box.kill9_daemon()  # the client begins again with the next one
            assert len(client.wait().ok().lines) == count
        there = len(box.list())
        assert there in ([0, count] if killed == "client" else [count])
        if there > 0:
            remove_all()
    ids = box.run("get", "--paused", "-i", lines).ok().lines
    assert [each["id"] for each in box.list()] == ids


def test_a_few_are_created_exactly_once_though_the_service_dies_over_it(box, fault):
    url = fault.url(size=1)
    made = []
    for moment in range(20):
        box.run("status").ok()
        client = box.start("get", "--paused", url, url + "?2", "-d", box.downloads)
        time.sleep(0.002 * moment)
        box.kill9_daemon()
        made += client.wait().ok().lines
        assert [each["id"] for each in box.list()] == made


def test_a_list_of_named_and_unnamed_ones_is_created_whole_and_in_order(box, fault):
    lines = [fault.url(size=1) + (f"\tnamed{i}" if i % 2 else "") for i in range(2400)]
    (box.downloads / "named1").write_text("is replaced")
    (box.downloads / "file.bin").write_text("stays")
    (box.root / "lines").write_text("\n".join(lines))
    ids = box.run("get", "--wait", "-i", box.root / "lines").ok().lines
    assert [each["id"] for each in box.list()] == ids
    assert (box.downloads / "file.bin").read_text() == "stays"
    assert (box.downloads / "named1").stat().st_size == 1
    assert len(list(box.downloads.iterdir())) == 2401


def test_ten_thousand_waiting_ones_are_listed_in_order(box, fault):
    url = fault.url(size=1)
    ids = (
        box.run(
            "get", "--paused", "-i", "-", input="".join(f"{url}\tw{i}\n" for i in range(10_000))
        )
        .ok()
        .lines
    )
    assert len(ids) == 10_000
    assert [each["id"] for each in box.list()] == ids
    box.run("cancel", "--all", timeout=120).ok()
    box.run("forget", "--done", timeout=120).ok()
    assert box.list() == []


def test_a_slow_server_does_not_hold_up_another(box, fault, nginx):
    slow = [fault.url(f"{i}", size=10, gate_head=True) for i in range(10)]
    box.get(*slow)
    fault.wait_stalled(slow[5])
    name = f"{box.root.name}/quick.bin"
    quick = box.get(nginx.add(name, 100_000))
    box.wait_status(quick, "Completed")
    check_file(box.downloads / "quick.bin", name, 100_000)
    for url in slow:
        fault.release(url)
    box.run("wait").ok()
