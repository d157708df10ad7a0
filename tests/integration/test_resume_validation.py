"""R72 to R77: bytes are joined only where it is proven that they belong together.

Each download breaks off at the first request; what the server says at the second decides.
"""

import email.utils
import gzip
import time

import pytest
from support.body import body_sha256, check_bytes, check_file

SIZE, CUT = 600_000, 350_000


@pytest.fixture
def broken(quick_retries, fault):
    """Gets a download that breaks off after CUT bytes; returns (what show says, requests)."""

    def get(*options, content="v", **arguments):
        arguments = {"size": SIZE, "seed": "v", "break_at": CUT, **arguments}
        url = fault.url(**arguments)
        transfer = quick_retries.get(url, *options)
        shown = quick_retries.wait_status(transfer, "Completed")
        check_file(quick_retries.downloads / "file.bin", content, SIZE)
        return shown, fault.requests(url)

    return get


def test_R73_a_strong_etag_proves_it(broken):
    shown, (_, second) = broken(etag="strong")
    assert (second.header("Range"), second.header("If-Range"), second.status) == (
        f"bytes={CUT}-",
        f'"v-{SIZE}"',
        206,
    )
    assert second.sent == SIZE - CUT
    assert shown["has_restarted"] is False and shown["attempts"] == 2


def test_R26_counts_of_a_resumed_download_are_those_of_the_whole_file(broken):
    shown, _ = broken(etag="strong")
    assert (shown["bytes_received"], shown["total_bytes_to_receive"], shown["http_status"]) == (
        SIZE,
        SIZE,
        206,
    )
    assert shown["ranges"] == [{"offset": 0, "length": SIZE}]


def test_R73_a_last_modified_that_is_old_enough_proves_it(broken):
    _, (_, second) = broken(modified="old")
    assert (second.header("Range"), second.status) == (f"bytes={CUT}-", 206)
    assert second.header("If-Range") == "Mon, 01 Jan 2024 00:00:00 GMT"


def test_a_last_modified_of_the_last_minute_proves_nothing(broken):
    _, (_, second) = broken(modified=email.utils.formatdate(time.time() - 5, usegmt=True))
    assert second.header("Range") is None and second.header("If-Range") is None


def test_a_weak_etag_proves_nothing(broken):
    shown, (_, second) = broken(etag="weak")
    assert second.header("Range") is None and second.header("If-Range") is None
    assert shown["has_restarted"] is True


def test_a_weak_etag_never_stands_in_if_range(broken):
    _, requests = broken(etag="weak", modified="old")
    assert all(not (request.header("If-Range") or "").startswith("W/") for request in requests)


def test_no_validator_means_starting_over(broken):
    shown, (_, second) = broken()
    assert second.header("Range") is None
    assert shown["has_restarted"] is True


@pytest.mark.parametrize("etag", [None, "weak"])
def test_with_a_checksum_the_rest_is_fetched_though_the_server_proves_nothing(broken, etag):
    shown, (_, second) = broken(
        "--checksum", "sha256:" + body_sha256("v", SIZE), **({"etag": etag} if etag else {})
    )
    assert (second.header("Range"), second.status) == (f"bytes={CUT}-", 206)
    assert second.header("If-Range") is None
    assert shown["has_restarted"] is False


def test_a_mix_that_the_checksum_reveals_is_fetched_again(quick_retries, fault):
    url = fault.url(size=SIZE, seed="v", break_at=CUT, times=1, change_at=2)
    transfer = quick_retries.get(url, "--checksum", "sha256:" + body_sha256("v'", SIZE))
    shown = quick_retries.wait_status(transfer, "Completed")
    check_file(quick_retries.downloads / "file.bin", "v'", SIZE)
    assert shown["has_restarted"] is True
    assert [request.status for request in fault.requests(url)] == [200, 206, 200]


def test_with_a_checksum_a_mix_of_two_versions_never_becomes_the_file(quick_retries, fault):
    url = fault.url(size=SIZE, seed="v", break_at=CUT, change_at=2)
    transfer = quick_retries.get(url, "--checksum", "sha256:" + body_sha256("v", SIZE))
    quick_retries.run("wait", transfer).fails(1)
    assert quick_retries.show(transfer)["error"]["kind"] == "checksum"
    assert list(quick_retries.downloads.iterdir()) == []


def test_R76_a_changed_file_is_fetched_again_from_the_start(broken):
    shown, (_, second, third) = broken(etag="strong", change_at=2, content="v'")
    assert second.header("If-Range") == f'"v-{SIZE}"' and second.status == 200
    # What is there is void before its file gets bytes of another version.
    assert third.header("Range") is None and third.sent == SIZE
    assert shown["has_restarted"] is True


def test_R76_a_changed_last_modified_is_noticed(broken):
    broken(modified="old", change_at=2, content="v'")


def test_R75_a_200_to_a_range_request_starts_over(broken):
    shown, requests = broken(etag="strong", ranges="lie", from_request=2, times=1)
    assert requests[1].header("Range") == f"bytes={CUT}-" and requests[1].status == 200
    assert shown["has_restarted"] is True


@pytest.mark.parametrize("etag", ["strong", "changing"])
def test_a_server_that_ignores_if_range_is_caught_by_the_validator_of_its_206(
    quick_retries, fault, etag
):
    url = fault.url(
        size=SIZE, seed="v", etag=etag, ranges="no_if_range", break_at=CUT, times=2, change_at=2
    )
    transfer = quick_retries.get(url)
    shown = quick_retries.wait_status(transfer, "Completed")
    check_file(quick_retries.downloads / "file.bin", "v'", SIZE)
    assert shown["has_restarted"] is True
    second = fault.requests(url)[1]
    assert second.status == 206 and second.header("Range") == f"bytes={CUT}-"


def second_request(fault, **arguments):
    """The first request breaks off, the second one misbehaves as told, all others are right."""
    return fault.url(
        size=SIZE, seed="v", etag="strong", break_at=CUT, from_request=2, times=1, **arguments
    )


def resumed(box, fault, **arguments):
    url = second_request(fault, **arguments)
    transfer = box.get(url)
    shown = box.wait_status(transfer, "Completed")
    check_file(box.downloads / "file.bin", "v", SIZE)
    return shown, fault.requests(url)


def test_R74_a_206_that_starts_earlier_is_used_from_the_right_byte(quick_retries, fault):
    shown, requests = resumed(quick_retries, fault, ranges="earlier:10000")
    assert [(r.status, r.first_byte) for r in requests] == [(200, 0), (206, CUT - 10_000)]
    assert shown["has_restarted"] is False


@pytest.mark.parametrize("ranges", ["later:1000", "wrong_total", "wrong_start", "no_content_range"])
def test_R74_a_206_that_does_not_fit_starts_over(quick_retries, fault, ranges):
    shown, requests = resumed(quick_retries, fault, ranges=ranges)
    assert requests[1].status == 206
    assert requests[-1].header("Range") is None and requests[-1].status == 200
    assert shown["has_restarted"] is True


@pytest.mark.parametrize("arguments", [{"ranges": "refuse"}, {"status": 412}])
def test_R74_a_416_or_412_to_a_resume_starts_over_once(quick_retries, fault, arguments):
    shown, requests = resumed(quick_retries, fault, **arguments)
    assert [r.status for r in requests] == [200, arguments.get("status", 416), 200]
    assert requests[2].header("Range") is None
    assert shown["has_restarted"] is True


def test_a_second_416_in_a_row_is_the_error(quick_retries, fault):
    url = fault.url(size=SIZE, seed="v", etag="strong", break_at=CUT, from_request=2, status=416)
    shown = quick_retries.wait_status(quick_retries.get(url), "Error")
    assert (shown["error"]["status"], shown["error"]["code"]) == (
        "RequestedRangeNotSatisfiable",
        416,
    )
    assert len(fault.requests(url)) == 3
    assert list(quick_retries.downloads.iterdir()) == []


def test_R75_a_server_without_ranges_is_asked_for_the_whole_again(quick_retries, fault):
    shown, requests = resumed(quick_retries, fault, ranges="ignore")
    assert requests[-1].status == 200
    assert shown["has_restarted"] is True


def test_R71_an_encoded_answer_is_stored_as_it_came_and_never_resumed(quick_retries, fault):
    url = fault.url(
        size=SIZE,
        seed="v",
        etag="strong",
        break_at=CUT,
        encoding="gzip",
        type="application/octet-stream",
    )
    transfer = quick_retries.get(url)
    shown = quick_retries.wait_status(transfer, "Completed")
    check_bytes(gzip.decompress((quick_retries.downloads / "file.bin").read_bytes()), "v")
    first, second = fault.requests(url)
    assert second.header("Range") is None
    assert "gzip" in [value for _, value in shown["response"]["headers"]]


def test_R72_resumable_is_said_by_show(quick_retries, fault):
    for arguments, resumable in (
        ({"etag": "strong"}, True),
        ({"etag": "weak"}, False),
        ({}, False),
        ({"etag": "strong", "ranges": "ignore"}, False),
    ):
        transfer = quick_retries.get(fault.url(size=10, **arguments))
        assert (
            quick_retries.wait_status(transfer, "Completed")["response"]["resumable"] is resumable
        ), arguments


def test_R76_a_new_etag_with_every_request_still_ends_in_a_whole_file(quick_retries, fault):
    url = fault.url(size=SIZE, seed="v", etag="changing", truncate=CUT, times=2)
    quick_retries.wait_status(quick_retries.get(url), "Completed")
    check_file(quick_retries.downloads / "file.bin", "v", SIZE)
