"""Every single message that the daemon sends on the bus fails once."""

import errno

import pytest
from support import call_faults
from support.body import check_file
from support.deadline import until

SIZE = 200_000
TOKEN = "Basic dTpnM2hlaW0="
PARTS = 2  # so that several workers share the messages


def known_transfers(box):
    """What a daemon says that has its bus: the first to be asked may lose it."""
    listed = box.run("list", "--json")
    if listed.code == 3:
        listed = box.run("list", "--json")
    return listed.ok().json_lines()


def run_download(box, url, strike):
    """One download, by somebody who asks again where a command failed; false if there is none."""
    got = box.run("get", "--paused", "-H", f"Authorization: {TOKEN}", url)
    box.daemon_pids()
    known = known_transfers(box)
    if got.code != 0:
        assert (got.code, known) == (3, []), f"{strike}: {got.said()}"
        return False
    assert [each["id"] for each in known] == got.lines, strike
    transfer = got.lines[0]
    for verb in ("resume", "pause", "resume"):
        said = box.run(verb, transfer)
        box.daemon_pids()
        # The answer may be lost after it was done, or the transfer be quicker.
        assert said.code in (0, 3) or "cannot be" in said.err, f"{strike}: {verb}: {said.said()}"
    until(lambda: ended(box, transfer), what=f"{transfer} to end, {strike}")
    (shown,) = known_transfers(box)
    assert (shown["id"], shown["status"]) == (transfer, "Completed"), f"{strike}: {shown}"
    return True


def ended(box, transfer):
    """Resumes it where the last command came before the pause was complete (R30)."""
    (shown,) = known_transfers(box)
    if shown["status"] == "PausedByApplication":
        box.run("resume", transfer)
    return shown["status"] in ("Completed", "Canceled", "Error")


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("action", [errno.ENOBUFS, "cut", "part"], ids=["ENOBUFS", "cut", "part"])
def test_a_failure_of_any_message_of_the_daemon_loses_no_download_and_doubles_none(
    make_box, preload, fault, action, part
):
    number = part + 1
    while strike_message(make_box(), preload, fault, number, action):
        number += PARTS
    assert number > 10 * PARTS, "hardly any message was struck"


def strike_message(box, preload, fault, number, action):
    strike = call_faults.Strike(box, preload, number, action, bus=box.root / "run")
    url = fault.url(size=SIZE, seed="bus", etag="strong")
    if run_download(box, url, strike):
        check_file(box.downloads / "file.bin", "bus", SIZE)
        tokens = {request.header("Authorization") for request in fault.requests(url)}
        assert tokens == {TOKEN}, strike
    secrets = box.state / "secrets"
    until(lambda: list(secrets.glob("*")) == [], what="the secret to be gone")
    struck = strike.struck
    # A daemon that cannot take its name says so by its status.
    strike.close(1)
    return struck
