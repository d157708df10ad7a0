"""Odd, hostile and broken answers: the right file or a clear error, never a wrong file."""

import pytest
from support.body import check_file


def test_chunks_with_an_end_make_a_file(box, fault):
    box.wait_status(box.get(fault.url(size=300_000, seed="h", chunked="yes")), "Completed")
    check_file(box.downloads / "file.bin", "h", 300_000)


def test_a_body_ended_by_the_connection_makes_a_file(box, fault):
    box.wait_status(box.get(fault.url(size=300_000, seed="h", length="none")), "Completed")
    check_file(box.downloads / "file.bin", "h", 300_000)


@pytest.mark.parametrize(
    "fault_of_body",
    [{"chunked": "noend"}, {"length": 600_000}, {"truncate": 299_999}],
)
def test_a_body_that_breaks_off_is_no_file(quick_retries, fault, fault_of_body):
    url = fault.url(size=300_000, seed="h", ranges="ignore", **fault_of_body)
    shown = quick_retries.wait_status(quick_retries.get(url), "Error")
    assert shown["error"]["kind"] == "network"
    assert list(quick_retries.downloads.iterdir()) == []


@pytest.mark.parametrize(
    "fault_of_body", [{"chunked": "noend"}, {"length": 600_000}, {"truncate": 299_999}]
)
def test_a_body_that_breaks_off_once_is_fetched_again(quick_retries, fault, fault_of_body):
    url = fault.url(size=300_000, seed="h", etag="strong", times=1, **fault_of_body)
    quick_retries.wait_status(quick_retries.get(url), "Completed")
    check_file(quick_retries.downloads / "file.bin", "h", 300_000)


def test_a_broken_chunk_is_an_invalid_response_and_nothing_is_appended_to_it(box, fault):
    url = fault.url(size=300_000, seed="h", etag="strong", chunked="bad", times=1)
    shown = box.wait_status(box.get(url), "Error")
    error = shown["error"]
    assert (error["status"], error["kind"]) == ("ErrorHttpInvalidServerResponse", "protocol")
    assert "chunk" in error["message"]
    assert shown["attempts"] == 1
    assert list(box.downloads.iterdir()) == []


def test_bytes_beyond_the_length_are_not_part_of_the_file(box, fault):
    url = fault.url(size=300_000, seed="h", extra=5000)
    box.wait_status(box.get(url), "Completed")
    check_file(box.downloads / "file.bin", "h", 300_000)


def test_endless_headers_end_in_an_error(quick_retries, fault):
    shown = quick_retries.wait_status(
        quick_retries.get(fault.url(endless_headers=True)), "Error", timeout=60
    )
    assert shown["error"]["status"] in ("ErrorHttpInvalidServerResponse", "ConnectionAborted")


def test_interim_answers_are_passed_over(box, fault):
    shown = box.wait_status(box.get(fault.url(size=1000, seed="h", interim="103:50")), "Completed")
    assert shown["response"]["status"] == 200
    check_file(box.downloads / "file.bin", "h", 1000)


def test_what_is_no_http_is_an_invalid_response(quick_retries, fault):
    url = fault.url(garbage=True)
    error = quick_retries.wait_status(quick_retries.get(url), "Error")["error"]
    assert (error["status"], error["kind"]) == ("ErrorHttpInvalidServerResponse", "protocol")


def test_a_206_that_nobody_asked_for_is_an_invalid_response(quick_retries, fault):
    error = quick_retries.wait_status(quick_retries.get(fault.url(status=206)), "Error")["error"]
    assert error["status"] == "ErrorHttpInvalidServerResponse"
    assert list(quick_retries.downloads.iterdir()) == []


def test_R68_redirects_are_followed_and_the_requested_url_stays(box, fault):
    url = fault.url(size=1000, seed="h", redirect=5)
    shown = box.wait_status(box.get(url), "Completed")
    assert shown["url"] == url
    assert shown["response"]["url"] != url and "redirect=0" in shown["response"]["url"]
    check_file(box.downloads / "file.bin", "h", 1000)


@pytest.mark.parametrize("redirect", ["loop", "21"])
def test_redirects_without_end_fail(quick_retries, fault, redirect):
    url = fault.url(size=10, redirect=redirect)
    assert (
        quick_retries.wait_status(quick_retries.get(url), "Error")["error"]["status"]
        == "RedirectFailed"
    )
    assert len(fault.requests(url)) <= 22


def test_twenty_redirects_are_followed(box, fault):
    box.wait_status(box.get(fault.url(size=10, redirect=20)), "Completed")


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://127.0.0.1/", "http://"])
def test_R68_a_redirect_to_elsewhere_than_http_fails(quick_retries, fault, location):
    url = fault.url(location=location)
    assert (
        quick_retries.wait_status(quick_retries.get(url), "Error")["error"]["status"]
        == "RedirectFailed"
    )
    assert list(quick_retries.downloads.iterdir()) == []


def test_R68_secrets_are_not_sent_to_another_host(box, fault):
    there = fault.url("there", size=10, host="localhost")
    here = fault.url("here", location=there)
    box.wait_status(
        box.get(here, "-H", "Authorization: Bearer x", "-H", "Cookie: a=b", "-H", "X-Own: 1"),
        "Completed",
    )
    assert fault.requests(here)[0].header("Authorization") == "Bearer x"
    (request,) = fault.requests(there)
    assert request.header("Authorization") is None and request.header("Cookie") is None


def test_R68_secrets_are_sent_again_to_the_same_host(box, fault):
    url = fault.url(size=10, redirect=1)
    box.wait_status(box.get(url, "-H", "Authorization: Bearer x"), "Completed")
    assert [request.header("Authorization") for request in fault.requests(url)] == [
        "Bearer x",
        "Bearer x",
    ]


def test_a_resume_asks_the_requested_url_again(quick_retries, fault):
    there = fault.url("there", size=400_000, seed="h", etag="strong", truncate=200_000, times=1)
    here = fault.url("here.bin", location=there)
    quick_retries.wait_status(quick_retries.get(here, "-o", "x"), "Completed")
    check_file(quick_retries.downloads / "x", "h", 400_000)
    assert len(fault.requests(here)) == 2
    assert fault.requests(there)[1].status == 206


def test_a_fragment_is_never_sent(box, fault):
    url = fault.url(size=10)
    box.wait_status(box.get(url + "#part"), "Completed")
    assert "#" not in fault.requests(url)[0].target


def test_a_204_makes_an_empty_file(box, fault):
    url = fault.url(status=204)
    shown = box.wait_status(box.get(url), "Completed")
    assert shown["bytes_received"] == 0
