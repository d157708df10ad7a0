"""On a desktop: the session bus, and activation on it."""

from support import processes
from support.body import check_file


def test_the_daemon_is_activated_on_the_session_bus(session_box, nginx):
    session_box.run("get", "--wait", nginx.add("session.bin", 100_000)).ok()
    check_file(session_box.downloads / "session.bin", "session.bin", 100_000)
    session_box.daemon_pid()
    programs = list(processes.with_mark(session_box.mark).values())
    assert programs.count("dbus-daemon") == 1, "a private bus was started beside the session bus"


def test_ten_clients_at_once_share_the_activated_daemon(session_box, nginx):
    urls = [nginx.add(f"{session_box.root.name}/s{i}.bin", 10_000) for i in range(10)]
    for client in [session_box.start("get", "--wait", url) for url in urls]:
        assert client.wait().code == 0, client.err
    session_box.daemon_pid()


def test_it_is_activated_again_after_kill_9(session_box, fault):
    url = fault.url(size=500_000, seed="s", etag="strong", stall_after=300_000, times=1)
    client = session_box.start("get", "--wait", url)
    fault.wait_stalled(url)
    session_box.kill9_daemon()
    assert client.wait().code == 0
    check_file(session_box.downloads / "file.bin", "s", 500_000)


def test_longhaul_bus_address_overrides_the_session_bus(session_box, fault):
    session_box.run(
        "list",
        env={
            "LONGHAUL_BUS_ADDRESS": session_box.bus.address,
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nobody",
        },
    ).ok()
    session_box.daemon_pid()


def test_the_introspection_names_the_interface(session_box):
    import subprocess

    session_box.run("list").ok()
    reply = subprocess.run(
        ["dbus-send", "--session", "--print-reply", "--dest=org.longhaul.Transfers1",
         "/org/longhaul/Transfers1",
         "org.freedesktop.DBus.Introspectable.Introspect"],
        env=session_box.env, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert 'interface name="org.longhaul.Transfers1.Service"' in reply.stdout
