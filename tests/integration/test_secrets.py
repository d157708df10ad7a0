"""R64, R178: where passwords and secret headers are kept, and that they are told nowhere."""

import base64
import dataclasses
import errno
import json
import os
import resource
import signal
import stat
import subprocess
import urllib.parse

import pytest
from support import apache as origin
from support import call_faults, leaks, processes
from support import squid as proxies
from support import vsftpd as files
from support.body import check_file
from support.deadline import until
from support.secret_service import SecretService
from support.session_bus import SessionBus


def quoted(user, password):
    return f"{user}:{urllib.parse.quote(password, safe='')}"


@dataclasses.dataclass
class Case:
    """A transfer that needs a secret, and how the secret may be written."""

    arguments: list
    secrets: set
    env: dict = dataclasses.field(default_factory=dict)


SERVER = leaks.forms(origin.USER, origin.PASSWORD)
PROXY = leaks.forms(proxies.USER, proxies.PASSWORD)
FTP = leaks.forms(files.USER, files.PASSWORD)
TOKEN = base64.b64encode(f"{origin.USER}:{origin.PASSWORD}".encode()).decode()

KINDS = [
    "user",
    "user_file",
    "url",
    "proxy_user",
    "proxy_url",
    "environment",
    "authorization",
    "cookie",
    "ftp",
]


@pytest.fixture
def case(request, apache, squid, fault, ftp):
    """Makes the case of a kind, for a box."""

    def make(box, kind):
        name = f"{box.root.name}.bin"
        apache.add(name, 20_000)
        ftp.add(name, 20_000)
        guarded, plain = apache.url(name, "basic"), apache.url(name)
        if kind == "user":
            account = f"{origin.USER}:{origin.PASSWORD}"
            return Case(["--user", account, guarded], SERVER)
        if kind == "user_file":
            # Not in the box: there it would be found.
            path = apache.folder / f"{name}.account"
            path.write_text(f"{origin.USER}:{origin.PASSWORD}\n")
            return Case(["--user-file", path, guarded], SERVER)
        if kind == "url":
            who = quoted(origin.USER, origin.PASSWORD)
            return Case([apache.url(name, "digest", user=who)], SERVER)
        if kind == "proxy_user":
            account = f"{proxies.USER}:{proxies.PASSWORD}"
            proxy = squid.url("guarded")
            return Case(["--proxy", proxy, "--proxy-user", account, plain], PROXY)
        if kind == "proxy_url":
            who = quoted(proxies.USER, proxies.PASSWORD)
            return Case(["--proxy", squid.url("guarded", user=who), plain], PROXY)
        if kind == "environment":
            who = quoted(proxies.USER, proxies.PASSWORD)
            return Case([plain], PROXY, {"http_proxy": squid.url("guarded", user=who)})
        if kind == "authorization":
            return Case(["-H", f"Authorization: Basic {TOKEN}", guarded], SERVER)
        if kind == "cookie":
            url = fault.url(name, size=20_000, seed=name)
            return Case(["-H", "Cookie: session=g3heim-cookie", url], {b"g3heim-cookie"})
        who = quoted(files.USER, files.PASSWORD)
        return Case([ftp.url(name, user=who)], FTP)

    return make


def check_nothing_is_told(box, secrets, transfer=None):
    leaks.check_unsaid(leaks.said(box, transfer) + leaks.logged(box), secrets)


def kept_files(box, secrets):
    """The files with the secret: they are the user's own, and not the store's or the log's."""
    found = leaks.files_with(box.root, secrets)
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700, path.parent
        assert box.state in path.parents, path
        assert ".db" not in path.name and ".log" not in path.name, path
    return found


def wait_forgotten(box, secrets):
    until(lambda: leaks.files_with(box.root, secrets) == [], what="the secret to be gone")


# ---- without a Secret Service --------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_R64_a_secret_is_in_a_file_of_the_users_own_until_the_end(box, case, kind):
    box.config({"log": {"level": "trace"}})
    made = case(box, kind)
    # Started by a client that has no secret in its environment.
    box.run("list").ok()
    transfer = box.get("--paused", *made.arguments, env=made.env)
    assert kept_files(box, made.secrets)
    check_nothing_is_told(box, made.secrets, transfer)

    box.kill9_daemon()
    check_nothing_is_told(box, made.secrets, transfer)
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")
    name = f"{box.root.name}.bin"
    check_file(box.downloads / name, name, 20_000)

    wait_forgotten(box, made.secrets)
    check_nothing_is_told(box, made.secrets, transfer)


@pytest.mark.parametrize(
    "arguments",
    [
        ["http://u:g3heim@127.0.0.1:9/x"],
        ["--user", "u:g3heim", "http://127.0.0.1:9/x"],
        ["--proxy-user", "u:g3heim", "http://127.0.0.1:9/x"],
        ["-H", "Cookie: g3heim", "http://127.0.0.1:9/x"],
        ["http://u:pass/g3heim@127.0.0.1:9/x"],
    ],
)
def test_R178_nor_is_a_secret_of_the_command_line_in_a_log(box, arguments):
    """A bus logs the beginning of the command line that makes it start a service."""
    command = subprocess.Popen(
        ["longhaul", "get", *arguments, "--paused"],
        executable=box.program,
        stdout=subprocess.DEVNULL,
        cwd=box.downloads,
        env=box.env,
    )
    box.own_children.add(command.pid)
    assert command.wait(60) in (0, 2)
    leaks.check_unsaid(leaks.logged(box), {b"g3heim"})


def test_R178_a_secret_is_not_in_what_watches_a_transfer(box, case):
    made = case(box, "proxy_url")
    events = box.start("events", "--json")

    def is_listening():
        box.run("cancel", box.get("--paused", "http://127.0.0.1:9/probe")).ok()
        return events.out

    until(is_listening, what="the first event")
    transfer = box.get(*made.arguments)
    told = [events.wait_line(lambda line: transfer in line)]
    while json.loads(told[-1])["event"] != "ended":
        told.append(events.wait_line(lambda line: transfer in line))
    leaks.check_unsaid("\n".join(told), made.secrets)


def test_R64_transfers_of_one_call_keep_it_until_the_last_has_ended(box, apache):
    name = f"{box.root.name}.bin"
    apache.add(name, 20_000)
    account = f"{origin.USER}:{origin.PASSWORD}"
    url = apache.url(name, "basic")
    first, second = box.get("--paused", "--user", account, url, url)
    box.run("resume", first).ok()
    box.wait_status(first, "Completed")
    box.kill9_daemon()
    assert box.show(second)["status"] == "Idle"
    assert kept_files(box, SERVER)
    box.run("resume", second).ok()
    box.wait_status(second, "Completed")
    wait_forgotten(box, SERVER)


@pytest.mark.parametrize("end", ["cancel", "error", "forget"])
def test_R64_the_secret_goes_however_a_transfer_ends(box, case, apache, end):
    made = case(box, "user")
    if end == "error":
        made.arguments[-1] = apache.url(f"{box.root.name}-none", "basic")
    transfer = box.get("--paused", *made.arguments)
    assert kept_files(box, made.secrets)
    if end == "error":
        box.run("resume", transfer).ok()
        assert box.wait_status(transfer, "Error")["error"]["status"] == "NotFound"
    elif end == "cancel":
        box.run("cancel", transfer).ok()
    else:
        box.run("forget", "--app", "org.longhaul.cli").ok()
    wait_forgotten(box, made.secrets)


def test_R64_a_secret_that_nobody_needs_any_more_is_found_after_a_crash(box, case):
    """As if the daemon was killed between the end of the transfer and the end of its secret."""
    made = case(box, "user")
    transfer = box.get("--paused", *made.arguments)
    (path,) = kept_files(box, made.secrets)
    text = path.read_bytes()
    box.run("cancel", transfer).ok()
    wait_forgotten(box, made.secrets)
    box.kill9_daemon()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(text)
    path.chmod(0o600)
    box.run("list").ok()
    wait_forgotten(box, made.secrets)


@pytest.mark.parametrize(
    "arguments",
    [
        ["http://u:g3heim@127.0.0.1:99999/x"],
        ["gopher://u:g3heim@127.0.0.1/x"],
        ["http://u:g3heim@/x"],
        ["http://u:pass/g3heim@127.0.0.1:9/x"],
        ["ftp://u:g3heim@127.0.0.1/"],
        ["--proxy", "gopher://u:g3heim@127.0.0.1:1", "http://127.0.0.1:9/x"],
        ["--proxy", "http://u:g3heim@127.0.0.1:99999", "http://127.0.0.1:9/x"],
        ["-H", "Authorization: g3heim\r\nX: y", "http://127.0.0.1:9/x"],
        ["-o", "none/x", "http://u:g3heim@127.0.0.1:9/x"],
    ],
)
def test_R178_what_is_refused_is_refused_without_telling_the_password(box, arguments):
    said = box.run("get", *arguments).fails(2)
    assert "g3heim" not in said.err + said.out
    assert leaks.files_with(box.root, {b"g3heim"}) == []
    assert box.list() == []


def test_R178_nor_do_errors_of_transfers_tell_it(quick_retries, apache, squid, vsftpd):
    box = quick_retries
    box.config({"retry": {"delays_s": [0]}, "log": {"level": "trace"}})
    dead = "127.0.0.1:9"
    asked = [
        [apache.url("x", "basic", user="u:g3heim")],
        [vsftpd.url("x", user="u:g3heim")],
        [f"http://u:g3heim@{dead}/x"],
        [f"https://u:g3heim@{dead}/x"],
        [f"ftp://u:g3heim@{dead}/x"],
        ["--proxy", f"http://u:g3heim@{dead}", apache.url("x")],
        ["--proxy", f"socks5://u:g3heim@{dead}", apache.url("x")],
        ["--proxy", squid.url("guarded", user="u:g3heim"), apache.url("x")],
    ]
    for arguments in asked:
        said = box.run("get", "--wait", *arguments).fails(1)
        assert "g3heim" not in said.err + said.out
    check_nothing_is_told(box, {b"g3heim"})
    wait_forgotten(box, {b"g3heim"})


def test_the_status_says_that_secrets_are_in_files(box, case):
    made = case(box, "user")
    box.run("get", "--wait", *made.arguments).ok()
    (status,) = box.run("status", "--json").ok().json_lines()
    assert status["daemon"]["secrets"] == "file"


def test_R64_the_secret_goes_when_the_service_ends_with_its_transfer(box, case):
    made = case(box, "user")
    transfer = box.get("--paused", *made.arguments)
    pid = box.daemon_pid()
    box.run("cancel", transfer).ok()
    os.kill(pid, signal.SIGTERM)
    assert processes.wait_gone(pid)
    box.run("list").ok()
    wait_forgotten(box, made.secrets)


@pytest.mark.parametrize("damage", ["cut", "huge", "link"])
def test_a_secret_that_is_damaged_is_an_error_that_names_its_place(box, case, damage):
    """Waiting does not mend it."""
    made = case(box, "user")
    transfer = box.get("--paused", *made.arguments)
    (path,) = kept_files(box, made.secrets)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "huge":
        os.truncate(path, 2**24)
    else:
        path.unlink()
        path.symlink_to("/dev/null")
    box.run("resume", transfer).ok()
    error = box.wait_status(transfer, "Error")["error"]
    assert error["status"] == "Unauthorized", error
    assert str(path) in error["message"], error


def test_a_damaged_secret_is_mended_by_a_new_login(box, case):
    made = case(box, "user")
    transfer = box.get("--paused", "--recoverable", "Unauthorized", *made.arguments)
    (path,) = kept_files(box, made.secrets)
    path.write_bytes(b"nothing of ours")
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "PausedRecoverableWebErrorStatus")
    guarded = made.arguments[-1].replace("//", f"//{quoted(origin.USER, origin.PASSWORD)}@")
    box.run("set", "--url", guarded, transfer).ok()
    box.run("resume", transfer).ok()
    box.wait_status(transfer, "Completed")


def test_a_crash_writes_no_core_file(session_box):
    """It would have the passwords in it."""
    (_, most) = resource.getrlimit(resource.RLIMIT_CORE)
    daemon = session_box.start_daemon(
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    )
    while "ready" not in (line := daemon.stderr.readline()):
        assert line, "the daemon does not start"
    daemon.send_signal(signal.SIGABRT)
    _, status = os.waitpid(daemon.pid, 0)
    daemon.returncode = -signal.SIGABRT
    assert os.WTERMSIG(status) == signal.SIGABRT
    assert not os.WCOREDUMP(status)


# ---- when calls fail -----------------------------------------------------------------------------

PARTS = 2  # so that several workers share the calls
TOKEN_LATER = "Bearer g3heim-token"
AT_ONCE = {"delays_s": [0], "retry_after_min_s": 0, "retry_after_max_s": 1}


def strike_download(box, strike, fault):
    """A download with a secret, of which one call is struck; then a daemon without faults looks."""
    url = fault.url(size=20_000, seed="secret", etag="strong")
    got = box.run("get", "--paused", "-H", f"Authorization: {TOKEN_LATER}", url)
    box.daemon_pids()
    assert [each["id"] for each in box.list()] == got.lines, f"{strike}: {got.said()}"
    if got.code != 0:
        assert "/secrets" in got.fails(2).err, f"{strike}: {got.said()}"
    for transfer in got.lines:
        box.run("resume", transfer)
        box.daemon_pids()
        box.run("resume", transfer)  # the first may have been lost with its daemon
        box.run("wait", transfer)
        box.daemon_pids()
        shown = box.show(transfer)
        tokens = {request.header("Authorization") for request in fault.requests(url)}
        if shown["status"] == "Error" and not strike.kills:
            assert "/secrets/" in shown["error"]["message"], f"{strike}: {shown}"
            assert tokens == set(), f"{strike}: asked without its login"
        else:
            assert shown["status"] == "Completed", f"{strike}: {shown}"
            check_file(box.downloads / "file.bin", "secret", 20_000)
            assert tokens == {TOKEN_LATER}, strike
    struck = strike.struck
    strike.stop()
    box.kill9_daemon()
    box.list()
    wait_forgotten(box, {TOKEN_LATER.encode(), TOKEN_LATER.replace(" ", "%20").encode()})
    return struck


def enumerate_calls(part, trial):
    """Calls `trial(n)` for this part's n until a whole run had fewer calls."""
    number = part + 1
    while trial(number):
        number += PARTS
    assert number > 5 * PARTS, "hardly any call was struck"


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    "action",
    [errno.EIO, errno.EACCES, "before", "after"],
    ids=["EIO", "EACCES", "kill-before", "kill-after"],
)
def test_R64_a_failure_of_any_call_on_a_secret_file_leaves_no_secret_and_no_transfer_without(
    make_box, preload, fault, action, part
):
    def trial(number):
        box = make_box()
        box.config({"retry": AT_ONCE})
        strike = call_faults.Strike(box, preload, number, action, folder=box.state / "secrets")
        struck = strike_download(box, strike, fault)
        strike.close(-signal.SIGKILL)
        return struck

    enumerate_calls(part, trial)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("action", [errno.ENOBUFS, "cut", "before"], ids=["ENOBUFS", "cut", "kill"])
def test_R64_nor_does_a_failure_of_any_call_to_the_keyring(make_box, preload, fault, action, part):
    def trial(number):
        box = make_box()
        box.config({"retry": AT_ONCE})
        bus = box.root / "bus"
        strike = call_faults.Strike(
            box, preload, number, action, bus=bus / "bus", thread="lh-secrets"
        )
        services = {"org.longhaul.Transfers1": box.daemon_program}
        with SessionBus(bus, dict(box.env), services) as session:
            box.own_children.add(session.pid)
            box.env["DBUS_SESSION_BUS_ADDRESS"] = session.address
            with SecretService(box) as keyring:
                struck = strike_download(box, strike, fault)
                until(lambda: keyring.items() == [], what="the keyring to be empty")
            wrong = strike.end(-signal.SIGKILL)
        box.remove()
        assert not wrong, f"{strike}: {wrong}"
        return struck

    enumerate_calls(part, trial)


# ---- with a Secret Service -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_R64_with_a_keyring_the_secret_is_there_and_in_no_file(session_box, keyring, case, kind):
    session_box.config({"log": {"level": "trace"}})
    made = case(session_box, kind)
    session_box.run("list").ok()
    transfer = session_box.get("--paused", *made.arguments, env=made.env)
    assert any(leaks.holds(item.secret, made.secrets) for item in keyring.items())
    assert leaks.files_with(session_box.root, made.secrets) == []
    told = [str(item.attributes) + item.label for item in keyring.items()]
    leaks.check_unsaid("\n".join(told), made.secrets)

    session_box.kill9_daemon()
    session_box.run("resume", transfer).ok()
    session_box.wait_status(transfer, "Completed")
    name = f"{session_box.root.name}.bin"
    check_file(session_box.downloads / name, name, 20_000)
    until(lambda: keyring.items() == [], what="the keyring to be empty")
    assert leaks.files_with(session_box.root, made.secrets) == []
    check_nothing_is_told(session_box, made.secrets, transfer)


def test_the_status_says_that_secrets_are_in_the_keyring(session_box, keyring, case):
    made = case(session_box, "user")
    session_box.run("get", "--wait", *made.arguments).ok()
    (status,) = session_box.run("status", "--json").ok().json_lines()
    assert status["daemon"]["secrets"] == "secret-service"


def test_what_others_have_in_the_keyring_stays(session_box, keyring, case):
    keyring.add("something else", {"application": "another"}, b"not ours")
    made = case(session_box, "user")
    session_box.run("get", "--wait", *made.arguments).ok()
    until(lambda: len(keyring.items()) == 1, what="our item to go")
    assert keyring.items()[0].secret == b"not ours"


def test_a_locked_keyring_does_not_stand_in_the_way(session_box, keyring, case):
    """Nobody is there to open it: the secret is kept in a file."""
    keyring.lock()
    made = case(session_box, "user")
    transfer = session_box.get("--paused", *made.arguments)
    assert kept_files(session_box, made.secrets)
    session_box.run("resume", transfer).ok()
    session_box.wait_status(transfer, "Completed")
    wait_forgotten(session_box, made.secrets)


def test_a_transfer_waits_while_the_keyring_with_its_secret_is_locked(session_box, keyring, case):
    """It must not go without its password, nor fail for the want of it."""
    session_box.config({"retry": {"retry_after_max_s": 1}})
    made = case(session_box, "user")
    transfer = session_box.get("--paused", *made.arguments)
    session_box.kill9_daemon()
    keyring.lock()
    session_box.run("resume", transfer)
    shown = session_box.wait_show(transfer, lambda now: now["status"] != "Idle")
    assert shown["status"] not in ("Error", "Completed"), shown
    shown = session_box.wait_show(transfer, lambda now: now["reason"]["blockers"])
    (blocker,) = shown["reason"]["blockers"]
    assert blocker["kind"] == "retry" and "locked" in blocker["text"], blocker
    keyring.unlock()
    session_box.wait_status(transfer, "Completed")


def test_a_secret_in_both_places_goes_from_both(session_box, keyring, case):
    """As when the keyring did not answer in time, and then kept it all the same."""
    keyring.lock()
    made = case(session_box, "user")
    transfer = session_box.get("--paused", *made.arguments)
    (path,) = kept_files(session_box, made.secrets)
    keyring.unlock()
    keyring.add(
        "late",
        {
            "xdg:schema": "org.longhaul.Transfer",
            "state-folder": str(path.parent),
            "id": path.name,
        },
        path.read_bytes(),
    )
    session_box.run("resume", transfer).ok()
    session_box.wait_status(transfer, "Completed")
    wait_forgotten(session_box, made.secrets)
    until(lambda: keyring.items() == [], what="the keyring to be empty")


def test_a_question_that_the_keyring_would_ask_is_called_off(session_box, keyring, case):
    """Nobody shows it to the user, so nobody would ever end it."""
    keyring.lock()
    prompts = "interface='org.freedesktop.Secret.Prompt'"
    ends = "member='NameOwnerChanged',arg0='org.longhaul.Transfers1',arg2=''"
    monitor = subprocess.Popen(
        ["dbus-monitor", "--session", prompts, ends],
        stdout=subprocess.PIPE,
        text=True,
        env=session_box.env,
    )
    session_box.own_children.add(monitor.pid)

    def read_until(wanted):
        read = ""
        while wanted not in read:
            line = monitor.stdout.readline()
            assert line, f"dbus-monitor ends: {read}"
            read += line
        return read

    read_until("NameLost")  # from then on it listens
    session_box.get("--paused", *case(session_box, "user").arguments)
    session_box.kill9_daemon()
    assert "member=Dismiss" in read_until("member=NameOwnerChanged")
    monitor.kill()
    monitor.communicate()


def test_a_keyring_that_does_not_answer_is_given_up_once(session_box, keyring, case):
    made = case(session_box, "user")
    session_box.run("list").ok()
    keyring.freeze()
    for _ in range(3):
        session_box.get("--paused", *made.arguments)
    keyring.thaw()
    assert len(kept_files(session_box, made.secrets)) == 3
    assert leaks.logged(session_box).count("a file is used instead") == 1
