"""R37 to R43 as amended: what is tried again, how often, and when."""

import socket

import pytest
from support.body import check_file


def test_R42_a_503_is_retried_when_retry_after_says(box, fault):
    box.config({"retry": {"delays_s": [0]}})
    url = fault.url(size=1000, seed="r", status=503, retry_after=1, times=1)
    box.wait_status(box.get(url), "Completed")
    first, second = fault.requests(url)
    assert second.started - first.started >= 0.99
    check_file(box.downloads / "file.bin", "r", 1000)


def test_R42_retry_after_may_be_a_date(box, fault):
    box.config({"retry": {"delays_s": [0]}})
    url = fault.url(size=1000, seed="r", status=503, retry_after="date:3", times=1)
    box.wait_status(box.get(url), "Completed")
    first, second = fault.requests(url)
    assert second.started - first.started >= 1.9  # a date has whole seconds


def test_R42_retry_after_is_held_within_the_configured_window(box, fault):
    box.config({"retry": {"retry_after_min_s": 0, "retry_after_max_s": 1}})
    url = fault.url(size=10, status=503, retry_after=86400, times=1)
    box.wait_status(box.get(url), "Completed")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_R42_a_transient_status_is_retried(quick_retries, fault, status):
    url = fault.url(size=1000, status=status, times=1)
    shown = quick_retries.wait_status(quick_retries.get(url), "Completed")
    assert len(fault.requests(url)) == shown["attempts"] == 2


@pytest.mark.parametrize(
    "status, name, hresult",
    [
        (400, "BadRequest", "0x80190190"),
        (401, "Unauthorized", "0x80190191"),
        (403, "Forbidden", "0x80190193"),
        (404, "NotFound", "0x80190194"),
        (410, "Gone", "0x8019019a"),
        (418, "UnexpectedClientError", "0x801901a2"),
        (451, "UnexpectedClientError", "0x801901c3"),
        (501, "NotImplemented", "0x801901f5"),
        (507, "UnexpectedServerError", "0x801901fb"),
        (304, "NotModified", "0x80190130"),
    ],
)
def test_R42_any_other_status_ends_it_at_once(quick_retries, fault, status, name, hresult):
    url = fault.url(status=status)
    error = quick_retries.wait_status(quick_retries.get(url), "Error")["error"]
    assert (error["status"], error["code"], error["kind"], error["hresult"].lower()) == (
        name,
        status,
        "http",
        hresult,
    )
    assert len(fault.requests(url)) == 1


def test_R39_one_request_and_three_more_then_it_fails(quick_retries, fault):
    url = fault.url(status=503)
    shown = quick_retries.wait_status(quick_retries.get(url), "Error")
    assert (shown["error"]["status"], shown["error"]["code"]) == ("ServiceUnavailable", 503)
    assert len(fault.requests(url)) == shown["attempts"] == 4
    assert list(quick_retries.downloads.iterdir()) == []


def test_R39_the_number_of_retries_is_configured(box, fault):
    box.config({"retry": {"count": 1, "delays_s": [0]}})
    url = fault.url(status=500)
    box.wait_status(box.get(url), "Error")
    assert len(fault.requests(url)) == 2


def test_R41_a_reset_is_retried_and_the_rest_fetched(quick_retries, fault):
    url = fault.url(size=900_000, seed="r", etag="strong", reset_after=400_000, times=1)
    quick_retries.wait_status(quick_retries.get(url), "Completed")
    check_file(quick_retries.downloads / "file.bin", "r", 900_000)
    assert len(fault.requests(url)) == 2


def test_R41_an_answer_that_never_comes_is_retried(quick_retries, fault):
    url = fault.url(no_answer=True)
    shown = quick_retries.wait_status(quick_retries.get(url), "Error")
    assert shown["error"]["status"] == "ConnectionAborted" and shown["error"]["kind"] == "network"
    assert len(fault.requests(url)) == 4


def test_R41_a_refused_connection_is_retried_then_cannot_connect(quick_retries):
    with socket.socket() as unused:
        unused.bind(
            ("127.0.0.1", 0)
        )  # bound and not listening: nobody answers, nobody else gets it
        transfer = quick_retries.get(f"http://127.0.0.1:{unused.getsockname()[1]}/x")
        shown = quick_retries.wait_status(transfer, "Error")
    assert (shown["error"]["status"], shown["error"]["hresult"].lower()) == (
        "CannotConnect",
        "0x80072efd",
    )
    assert shown["attempts"] == 4 and shown["http_status"] is None and shown["response"] is None


def test_R43_new_bytes_start_the_count_anew(quick_retries, fault):
    url = fault.url(size=700_000, seed="r", etag="strong", truncate=100_000)
    quick_retries.wait_status(quick_retries.get(url), "Completed")
    assert len(fault.requests(url)) == 7
    check_file(quick_retries.downloads / "file.bin", "r", 700_000)


def test_R43_bytes_that_were_there_before_do_not(quick_retries, fault):
    url = fault.url(size=700_000, seed="r", ranges="ignore", truncate=100_000)
    shown = quick_retries.wait_status(quick_retries.get(url), "Error")
    assert shown["error"]["status"] == "Disconnected"
    assert len(fault.requests(url)) == 4
    assert list(quick_retries.downloads.iterdir()) == []


def test_R38_a_request_without_a_response_times_out(box, fault):
    box.config({"retry": {"count": 1, "delays_s": [0]}, "timeouts": {"response_s": 1}})
    url = fault.url(size=10, gate_head=True)
    shown = box.wait_status(box.get(url), "Error")
    assert (shown["error"]["status"], shown["error"]["hresult"].lower()) == (
        "Timeout",
        "0x80072ee2",
    )
    assert len(fault.requests(url)) == 2


def test_R38_a_body_that_stands_still_is_a_lost_connection(box, fault):
    box.config({"retry": {"delays_s": [0]}, "timeouts": {"stall_s": 1}})
    url = fault.url(size=400_000, seed="r", etag="strong", stall_after=200_000, times=1)
    box.wait_status(box.get(url), "Completed")
    check_file(box.downloads / "file.bin", "r", 400_000)
    assert fault.requests(url)[1].header("Range") == "bytes=200000-"


def test_R38_the_response_timeout_does_not_limit_the_length_of_a_transfer(box, fault):
    box.config({"timeouts": {"response_s": 1}})
    url = fault.url(size=200_000, seed="r", rate=100_000)
    box.wait_status(box.get(url), "Completed")
    assert len(fault.requests(url)) == 1


def test_a_retry_that_waits_keeps_running_and_survives_the_daemon(box, fault):
    url = fault.url(size=1000, seed="r", status=503, retry_after=3, times=1)
    transfer = box.get(url)
    shown = box.wait_show(transfer, lambda now: now["reason"] is not None)
    assert shown["status"] == "Running"
    box.kill9_daemon()
    box.wait_status(transfer, "Completed")
    first, second = fault.requests(url)
    assert second.started - first.started >= 2.9
