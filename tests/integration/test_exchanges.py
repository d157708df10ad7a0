"""Each file of tests/exchanges/: right bytes or a clear error, and nothing else asked or left."""

import pathlib

import pytest
from support import exchange

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "exchanges"
FILES = sorted(FOLDER.rglob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(FOLDER))[:-5] for p in FILES])
def test_exchange(box, path):
    test = exchange.load(path)
    tables = {"retry": {"delays_s": [0], "retry_after_min_s": 0}}
    for name, table in test.get("config", {}).items():
        tables[name] = {**tables.get(name, {}), **table}
    box.config(tables)
    if existing := test.get("existing"):
        (box.downloads / existing).write_text("was here before")
    with exchange.ExchangeServer(test["answer"]) as server:
        place = test.get("path", "/file.bin")
        url = f"http://127.0.0.1:{server.port}{place}"
        options = [each.replace("{port}", str(server.port)) for each in test.get("get", [])]
        if "body_file" in test:
            sent = box.root / "body"
            sent.write_bytes(exchange.content(test["body_file"]))
            options += ["--body-file", sent]
        transfer = box.get(url, *options)
        ended = box.run("wait", transfer)
        shown = box.show(transfer)
    said = f"{test['says']}\n{shown}\nrequests: {server.requests}"
    _check_requests(test, server.requests, said)
    _check_result(box, test, shown, ended, said)


def _check_requests(test, requests, said):
    assert len(requests) == len(test["answer"]), said
    for number, (request, answer) in enumerate(zip(requests, test["answer"]), 1):
        target = answer.get("target", test.get("path", "/file.bin"))
        assert (request.method, request.target) == (answer.get("method", "GET"), target), said
        for name, value in answer.get("asks", {}).items():
            assert request.header(name) == value, f"request {number}: {said}"
        for name in answer.get("asks_not", []):
            assert request.header(name) is None, f"request {number}: {said}"
        carried = exchange.content(answer.get("content", []))
        assert request.content == carried, f"request {number} carries other bytes: {said}"


def _check_result(box, test, shown, ended, said):
    result = test["result"]
    status = result.get("status", "Error" if "error" in result else "Completed")
    assert shown["status"] == status, said
    assert ended.code == (0 if status == "Completed" else 1), said
    left = {}
    if status == "Completed":
        left[result.get("file", "file.bin")] = exchange.content(result["holds"])
        assert shown["file"] == str(box.downloads / result.get("file", "file.bin")), said
        assert shown["error"] is None, said
    if (existing := test.get("existing")) and existing not in left:
        left[existing] = b"was here before"
    found = {each.name: each.read_bytes() for each in box.downloads.iterdir()}
    assert found.keys() == left.keys(), said
    for name, data in left.items():
        assert found[name] == data, f"{name} holds other bytes: {said}"
    for key, name in [("attempts",) * 2, ("bytes_received", "received")]:
        if name in result:
            assert shown[key] == result[name], said
    if "total" in result:
        assert shown["total_bytes_to_receive"] == result["total"], said
    assert shown["has_restarted"] is result.get("restarted", False), said
    if "response" in result:
        assert shown["response"]["status"] == result["response"] == shown["http_status"], said
    if "resumable" in result:
        assert shown["response"]["resumable"] is result["resumable"], said
    for key, value in result.get("error", {}).items():
        if key == "says":
            assert value in shown["error"]["message"], said
        else:
            assert shown["error"][key] == value, said
