"""Every exit status of the command line, by the causes that scripts meet."""

import pytest

UNKNOWN = "01234567-89ab-4cde-8f01-23456789abcd"


def test_0_when_it_was_done(box, fault):
    transfer = box.get("--paused", fault.url(size=1))
    for command in (
        ["list"],
        ["show", transfer],
        ["set", transfer, "--priority", "high"],
        ["resume", transfer],
        ["wait", transfer],
        ["status"],
    ):
        box.run(*command).ok()


def test_1_when_a_transfer_failed(box, fault):
    transfer = box.get(fault.url(status=403))
    result = box.run("wait", transfer).fails(1)
    assert "Forbidden" in result.err


def test_1_when_one_of_several_failed(box, fault):
    box.run(
        "get", "--wait", fault.url(size=5), fault.url(status=410), fault.url("c", size=5)
    ).fails(1)
    assert [each["status"] for each in box.list()] == ["Completed", "Error", "Completed"]


def test_1_when_a_transfer_was_canceled(box, fault):
    url = fault.url(size=100, gate_head=True)
    transfer = box.get(url)
    waiting = box.start("wait", transfer)
    box.run("cancel", transfer).ok()
    waiting.wait().fails(1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["get"],
        ["get", "--no-such-option", "http://127.0.0.1/"],
        ["get", "http://127.0.0.1/", "--priority", "urgent"],
        ["list", "--status", "Sleeping"],
        ["show"],
        ["cat"],
        ["get", "-i", "there-is-no-such-list"],
    ],
)
def test_2_when_the_command_makes_no_sense(box, arguments):
    box.run(*arguments).fails(2)


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_2_when_the_state_forbids_it(box, fault, command):
    transfer = box.get(fault.url(size=1))
    box.wait_status(transfer, "Completed")
    box.run(command, transfer).fails(2)


def test_R29_2_when_it_is_paused_already_or_was_never_started(box, fault):
    transfer = box.get("--paused", fault.url(size=1))
    box.run("pause", transfer).fails(2)
    url = fault.url(size=100_000, etag="strong", stall_after=1000)
    running = box.get(url)
    fault.wait_stalled(url)
    box.run("pause", running).ok()
    box.wait_status(running, "PausedByApplication")
    box.run("pause", running).fails(2)


def test_R31_2_when_resume_is_asked_of_a_running_one(box, fault):
    url = fault.url(size=100, gate_head=True)
    transfer = box.get(url)
    fault.wait_stalled(url)
    box.run("resume", transfer).fails(2)
    fault.release(url)
    box.wait_status(transfer, "Completed")


def test_3_when_the_bus_that_was_named_is_not_there(box):
    box.run("list", env={"LONGHAUL_BUS_ADDRESS": f"unix:path={box.root}/nobody"}).fails(3)


def test_3_when_the_daemon_cannot_start(box):
    box.state.parent.rmdir()
    box.state.parent.write_text("a file where the state folder should be")
    box.run("list").fails(3)
    box.state.parent.unlink()


@pytest.mark.parametrize(
    "command", ["show", "wait", "pause", "resume", "cancel", "cat", "forget", "watch"]
)
def test_4_when_there_is_no_such_transfer(box, command):
    box.run(command, UNKNOWN).fails(4)


def test_4_when_set_names_no_such_transfer(box):
    box.run("set", UNKNOWN, "--priority", "low").fails(4)


def test_an_unambiguous_prefix_of_four_names_a_transfer(box, fault):
    transfer = box.get("--paused", fault.url(size=1))
    assert box.show(transfer[:4])["id"] == transfer
    assert box.run("show", transfer[:3]).code != 0
