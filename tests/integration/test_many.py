"""Many at once."""

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
