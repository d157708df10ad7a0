"""Programs on the library: what they start goes on without them; its end is told exactly once."""

import re

import pytest
from support.body import check_bytes, check_file

RUNNING, COMPLETED, CANCELED, ERROR = 1, 5, 6, 7
ASYNC_COMPLETED, ASYNC_CANCELED, ASYNC_ERROR = 1, 2, 3


@pytest.fixture
def app(box, build_dir):
    """Starts programs/app.cpp in the box; without `wait` it goes on (a Command)."""
    box.env["LONGHAUL_APP_ID"] = "org.example.app"

    def start(*arguments, wait=True, code=0):
        command = box.start(*arguments, program=build_dir / "tests" / "app")
        if not wait:
            return command
        result = command.wait()
        assert result.code == code, result
        return result

    return start


def is_id(line):
    return re.fullmatch(r"[0-9a-f-]{36}", line) is not None


def completions(result):
    return [line.split()[1:] for line in result.out.splitlines() if line.startswith("completed ")]


def progress(result):
    return [line.split()[2:] for line in result.out.splitlines() if line.startswith("progress ")]


def test_R22_a_program_may_leave_as_soon_as_start_has_returned(box, app, fault):
    url = fault.url(size=300_000, seed="a")
    transfer = app("start", url, "out.bin").out.strip()
    box.run("wait", transfer).ok()
    check_file(box.downloads / "out.bin", "a", 300_000)


def test_R2_a_created_download_waits_for_the_next_session(box, app, fault):
    transfer = app("create", fault.url(size=10), "out.bin").out.strip()
    assert app("list").out.splitlines() == [f"{transfer} 0"]


def test_news_never_undo_what_a_later_answer_has_told(app, fault):
    url = fault.url(size=5_000_000, etag="strong", rate=200_000)
    assert app("hurry", url, "out.bin").out.splitlines() == ["wrong 0"]


def test_R10_the_next_session_attaches_and_is_told_the_end(box, app, fault):
    url = fault.url(size=400_000, seed="a", etag="strong", stall_after=200_000)
    transfer = app("start", url, "out.bin").out.strip()
    fault.wait_stalled(url)
    watching = app("attach", wait=False)
    watching.wait_line(lambda line: line == "attached")
    fault.release(url)
    assert completions(watching.wait()) == [[transfer, str(ASYNC_COMPLETED), "0x00000000"]]


def test_R9_what_ended_unwatched_is_delivered_once_and_then_gone(box, app, fault):
    url = fault.url(size=1000, seed="a")
    transfer = app("start", url, "out.bin").out.strip()
    box.run("wait", transfer).ok()
    assert completions(app("attach")) == [[transfer, str(ASYNC_COMPLETED), "0x00000000"]]
    assert app("list").out == ""
    assert completions(app("attach")) == []


def test_R35_a_failure_is_delivered_with_its_hresult(box, app, fault):
    transfer = app("start", fault.url(status=404), "out.bin").out.strip()
    assert completions(app("attach")) == [[transfer, str(ASYNC_ERROR), "0x80190194"]]


def test_R32_attach_and_cancel_discards_what_an_earlier_session_left(box, app, fault):
    url = fault.url(size=400_000, stall_after=100_000)
    transfer = app("start", url, "out.bin").out.strip()
    fault.wait_stalled(url)
    (ended,) = completions(app("cancel"))
    assert ended[:2] == [transfer, str(ASYNC_CANCELED)]
    fault.wait_ended(url)
    assert (
        box.downloads / "out.bin"
    ).stat().st_size == 0, "R34: the app's result file stays as it was"


def test_completion_comes_exactly_once_over_kill_9_of_the_daemon(box, app, fault):
    url = fault.url(size=2_000_000, seed="a", etag="strong", stall_after=1_200_000, times=1)
    running = app("run", url, "out.bin", wait=False)
    transfer = running.wait_line(is_id)
    fault.wait_stalled(url)
    box.kill9_daemon()
    result = running.wait()
    assert completions(result) == [[transfer, str(ASYNC_COMPLETED), "0x00000000"]]
    check_file(box.downloads / "out.bin", "a", 2_000_000)


def test_completion_comes_exactly_once_over_three_kills(box, app, fault):
    url = fault.url(size=2_000_000, seed="a", etag="strong", stall_after=400_000, times=3)
    running = app("run", url, "out.bin", wait=False)
    transfer = running.wait_line(is_id)
    for number in (1, 2, 3):
        fault.wait_requests(url, number)
        fault.wait_stalled(url)
        box.kill9_daemon()
        fault.wait_ended(url, number)
    assert completions(running.wait()) == [[transfer, str(ASYNC_COMPLETED), "0x00000000"]]
    check_file(box.downloads / "out.bin", "a", 2_000_000)


def test_R25_every_status_is_reported_and_the_last_report_is_the_end(box, app, fault):
    url = fault.url(size=400_000, seed="a", etag="strong", stall_after=200_000, times=1)
    running = app("run", url, "out.bin", wait=False)
    transfer = running.wait_line(is_id)
    fault.wait_stalled(url)
    box.run("pause", transfer).ok()
    running.wait_line(lambda line: line.startswith(f"progress {transfer} 2 "))
    box.run("resume", transfer).ok()
    running.wait_line(lambda line: line.startswith(f"progress {transfer} 1 "))
    result = running.wait()
    assert len(completions(result)) == 1
    assert result.out.splitlines()[-1].startswith("completed "), "nothing is reported after the end"


def test_R27_R28_flags_come_in_one_report_each(box, app, fault):
    box.config({"retry": {"delays_s": [0]}})
    url = fault.url(size=400_000, seed="a", break_at=200_000, gate_head=True)
    running = app("run", url, "out.bin", wait=False)
    running.wait_line(is_id)
    fault.wait_stalled(url)
    fault.release(url)
    reports = progress(running.wait())
    assert [report[3] for report in reports].count("1") == 2, "two responses"
    assert [report[4] for report in reports].count("1") == 1, "one restart"


def test_R23_two_programs_attached_to_one_download_are_both_told(box, app, fault):
    url = fault.url(size=400_000, seed="a", stall_after=100_000)
    transfer = app("start", url, "out.bin").out.strip()
    fault.wait_stalled(url)
    both = [app("attach", wait=False) for _ in range(2)]
    for each in both:
        each.wait_line(lambda line: line == "attached")
    fault.release(url)
    for each in both:
        assert completions(each.wait()) == [[transfer, str(ASYNC_COMPLETED), "0x00000000"]]


def test_co_await_gives_the_operation(box, app, fault):
    assert re.fullmatch(
        r"done [0-9a-f-]{36} same\n", app("co_await", fault.url(size=1000), "out.bin").out
    )


def test_co_await_throws_what_get_status_understands(box, app, fault):
    assert app("co_await", fault.url(status=410), "out.bin").out == "failed 0x8019019a 410\n"


def test_R81_the_result_can_be_read_while_it_arrives(box, app, fault):
    url = fault.url(size=900_000, seed="a", stall_after=300_000)
    reading = app("read", url, "out.bin", wait=False)
    fault.wait_stalled(url)
    fault.release(url)
    assert reading.wait().code == 0
    assert len(reading.out) == 900_000
    check_bytes(reading.out, "a")


def test_misuse_is_answered_with_the_documented_hresults(box, app, fault):
    answers = dict(
        line.split()
        for line in app("refuse", fault.url(size=400_000, gate_head=True)).out.splitlines()
    )
    assert answers == {
        "attach-before-start": "0x8000000e",
        "pause-before-start": "0x8000000e",
        "resume-before-start": "0x8000000e",
        "same-file": "0x80070057",
        "range-header": "0x80070057",
        "bad-uri": "0x80070057",
        "ftp-like-scheme": "0x80070057",
        "second-start": "0x8000000e",
        "get-of-canceled": "0x800704c7",
    }


def test_R6_a_program_sees_the_downloads_of_its_app_only(box, app, fault):
    box.get("--paused", fault.url(size=1), env={"LONGHAUL_APP_ID": "org.longhaul.cli"})
    assert app("list").out == ""
