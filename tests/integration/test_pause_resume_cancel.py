"""pause, resume, cancel, forget, set."""

from support.body import check_file


def running(box, fault, **more):
    """A download that stands still in the middle: (id, url)."""
    url = fault.url(
        **{
            "size": 400_000,
            "seed": "r",
            "etag": "strong",
            "stall_after": 250_000,
            "times": 1,
            **more,
        }
    )
    transfer = box.get(url)
    fault.wait_stalled(url)
    return transfer, url


def test_R31_resume_goes_on_where_the_pause_was(box, fault):
    transfer, url = running(box, fault)
    box.wait_show(transfer, lambda now: now["bytes_received"] == 250_000)
    box.run("pause", transfer).ok()
    box.wait_status(transfer, "PausedByApplication")
    assert fault.wait_ended(url).ended == "peer"
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    check_file(box.downloads / "file.bin", "r", 400_000)
    second = fault.requests(url)[1]
    assert (second.status, second.header("Range"), second.header("If-Range")) == (
        206,
        "bytes=250000-",
        '"r-400000"',
    )


def test_R30_after_pause_has_returned_it_can_be_resumed(box, fault):
    for _ in range(10):
        transfer, url = running(box, fault)
        box.run("pause", transfer).ok()
        assert box.show(transfer)["status"] == "PausedByApplication"
        box.run("resume", transfer).ok()
        box.wait_status(transfer, "Completed")


def test_R31_resume_starts_over_where_the_server_has_no_ranges(box, fault):
    transfer, url = running(box, fault, ranges="ignore", etag="none", times=1)
    box.run("pause", transfer).ok()
    box.wait_status(transfer, "PausedByApplication")
    box.run("resume", transfer).ok()
    assert box.wait_status(transfer, "Completed")["has_restarted"] is True
    check_file(box.downloads / "file.bin", "r", 400_000)


def test_R29_a_pause_keeps_the_bytes_over_a_restart_of_the_daemon(box, fault):
    transfer, url = running(box, fault)
    box.wait_show(transfer, lambda now: now["bytes_received"] == 250_000)
    box.run("pause", transfer).ok()
    box.wait_status(transfer, "PausedByApplication")
    box.kill9_daemon()
    assert box.show(transfer)["status"] == "PausedByApplication"
    assert len(fault.requests(url)) == 1
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    assert fault.requests(url)[1].header("Range") == "bytes=250000-"
    check_file(box.downloads / "file.bin", "r", 400_000)


def test_R29_a_waiting_download_can_be_paused(box, fault):
    box.config({"limits": {"running": 1}})
    _, first = running(box, fault)
    url = fault.url("second.bin", size=10)
    second = box.get(url)
    box.run("pause", second).ok()
    box.wait_status(second, "PausedByApplication")
    fault.release(first)
    box.run("resume", second).ok()
    box.wait_status(second, "Completed")


def test_R34_cancel_removes_the_partial_file_and_leaves_the_target(box, fault):
    (box.downloads / "target").write_text("as it was")
    url = fault.url(size=400_000, etag="strong", stall_after=250_000)
    transfer = box.get(url, "-o", "target")
    fault.wait_stalled(url)
    box.run("cancel", transfer).ok()
    assert [path.name for path in box.downloads.iterdir()] == ["target"]
    shown = box.show(transfer)
    assert shown["status"] == "Canceled"
    assert shown["error"] is None or shown["error"]["kind"] == "canceled"
    fault.wait_ended(url)
    assert (box.downloads / "target").read_text() == "as it was"
    assert box.run("wait", transfer).code == 1


def test_cancel_of_a_paused_one_removes_its_partial_file(box, fault):
    transfer, _ = running(box, fault)
    box.run("pause", transfer).ok()
    box.wait_status(transfer, "PausedByApplication")
    assert len(box.partial_files()) == 1
    box.run("cancel", transfer).ok()
    assert list(box.downloads.iterdir()) == []


def test_cancel_of_one_that_has_ended_changes_nothing(box, fault):
    transfer = box.get(fault.url(size=10))
    box.wait_status(transfer, "Completed")
    box.run("cancel", transfer)
    assert box.show(transfer)["status"] == "Completed"
    assert (box.downloads / "file.bin").exists()


def test_all_means_all_of_the_app(box, fault):
    ids = box.get("--paused", fault.url(size=1), fault.url(size=1))
    other = box.get("--paused", fault.url(size=1), env={"LONGHAUL_APP_ID": "org.example.other"})
    box.run("cancel", "--all").ok()
    assert [box.show(each)["status"] for each in ids] == ["Canceled", "Canceled"]
    assert box.show(other)["status"] == "Idle"


def test_pause_all_and_resume_all(box, fault):
    first, first_url = running(box, fault)
    second, second_url = running(box, fault)
    box.run("pause", "--all").ok()
    for each in (first, second):
        box.wait_status(each, "PausedByApplication")
    fault.release(first_url)
    fault.release(second_url)
    box.run("resume", "--all").ok()
    box.run("wait", first, second).ok()


def test_forget_drops_what_has_ended_and_keeps_its_file(box, fault):
    transfer = box.get(fault.url(size=10))
    box.wait_status(transfer, "Completed")
    box.run("forget", transfer).ok()
    assert box.list() == []
    box.run("show", transfer).fails(4)
    assert (box.downloads / "file.bin").exists()


def test_forget_refuses_what_has_not_ended(box, fault):
    transfer = box.get("--paused", fault.url(size=10))
    box.run("forget", transfer).fails(2)
    assert [each["id"] for each in box.list()] == [transfer]


def test_forget_done_keeps_what_has_not_ended(box, fault):
    waiting = box.get("--paused", fault.url(size=10))
    box.run("get", "--wait", fault.url(size=10)).ok()
    box.run("get", "--wait", fault.url(status=404)).fails(1)
    box.run("forget", "--done").ok()
    assert [each["id"] for each in box.list()] == [waiting]


def test_set_changes_priority_and_cost_policy(box, fault):
    transfer = box.get("--paused", fault.url(size=10))
    box.run("set", transfer, "--priority", "high", "--cost-policy", "unrestricted-only").ok()
    shown = box.show(transfer)
    assert (shown["priority"], shown["cost_policy"]) == ("High", "UnrestrictedOnly")


def test_R60_set_changes_headers_of_the_next_request(box, fault):
    url = fault.url(size=10)
    transfer = box.get("--paused", url)
    box.run("set", transfer, "-H", "X-Late: yes").ok()
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    assert fault.requests(url)[0].header("X-Late") == "yes"


def test_R60_set_headers_of_an_ended_one_is_refused(box, fault):
    transfer = box.get(fault.url(size=10))
    box.wait_status(transfer, "Completed")
    box.run("set", transfer, "-H", "X-Late: yes").fails(2)


def test_R107_waiting_downloads_start_by_priority_then_in_their_order(box, fault):
    box.config({"limits": {"running": 1}})
    held = fault.url("held", size=1, gate_head=True)
    box.get(held)
    fault.wait_stalled(held)
    urls = {name: fault.url(name, size=1) for name in ("low", "a", "b", "high")}
    for name in ("low", "a", "b", "high"):
        box.get(urls[name], "--priority", name if name in ("low", "high") else "default")
    fault.release(held)
    box.run("wait").ok()
    order = sorted(urls, key=lambda name: fault.requests(urls[name])[0].started)
    assert order == ["high", "a", "b", "low"]
