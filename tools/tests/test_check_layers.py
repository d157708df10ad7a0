"""check_layers must see each kind of slip; a checker that never complains checks nothing."""

import pathlib
import subprocess
import sys

import pytest

TOOLS = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture
def tree(tmp_path):
    """A small tree with the project's own table."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "layers.toml").write_bytes((TOOLS / "layers.toml").read_bytes())
    return tmp_path


def write(tree, name, *lines):
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#pragma once\n" + "\n".join(lines) + "\n")


def check(tree):
    return subprocess.run([sys.executable, str(TOOLS / "check_layers"), str(tree)], capture_output=True, text=True)


GOOD = {
    "its own room": ("src/core/policy/a.h", '#include "core/policy/b.h"'),
    "a room below": ("src/core/policy/a.h", '#include "core/model/transfer.h"'),
    "a single header of a room": ("src/engine/a.h", '#include "core/policy/transfer_plan.h"'),
    "its library": ("src/store/a.cpp", "#include <sqlite3.h>"),
    "the system, outside the core": ("src/platform/a.cpp", "#include <sys/epoll.h>"),
    "the standard library, in the core": ("src/core/model/a.h", "#include <vector>"),
    "the library in the file that owns it": ("src/platform/log.cpp", "#include <spdlog/logger.h>"),
    "the public API, in the command line": ("src/cli/commands/get.cpp", '#include "longhaul/service.h"'),
    "no include at all": ("src/core/base/a.h", '// #include "store/sqlite_store.h"'),
}

BAD = {
    "a room above": ("src/core/model/a.h", '#include "core/policy/scheduler.h"', "core/model may not include"),
    "the store from the engine": ("src/engine/a.cpp", '#include "store/transfer_store.h"', "engine may not include"),
    "another header of an opened room": ("src/engine/a.cpp", '#include "core/policy/scheduler.h"', "engine may not include"),
    "the inside, from the command line": ("src/cli/main.cpp", '#include "core/base/guid.h"', "cli may not include"),
    "the inside, from a public header": ("include/longhaul/a.h", '#include "core/base/guid.h"', "longhaul may not include"),
    "a library in the wrong room": ("src/core/model/a.h", "#include <curl/curl.h>", "belongs to libcurl"),
    "a library beside the file that owns it": ("src/platform/clock.cpp", "#include <fmt/format.h>", "belongs to spdlog and fmt"),
    "the system in the core": ("src/core/base/a.h", "#include <unistd.h>", "C++ standard library only"),
    "the system in a public header": ("include/longhaul/a.h", "#include <sys/types.h>", "C++ standard library only"),
    "threads in the core": ("src/core/policy/a.cpp", "#include <thread>", "is pure"),
    "a relative path": ("src/store/a.cpp", '#include "statement.h"', "include root"),
    "a way up": ("src/store/a.cpp", '#include "store/../engine/attempt.h"', "include root"),
    "an unknown library": ("src/daemon/a.cpp", "#include <boost/any.hpp>", "no library"),
    "an unknown room": ("src/daemon/a.cpp", '#include "helpers/misc.h"', "no room"),
}


@pytest.mark.parametrize("case", GOOD)
def test_allows(tree, case):
    name, line = GOOD[case]
    write(tree, name, line)
    result = check(tree)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("case", BAD)
def test_refuses_and_says_where(tree, case):
    name, line, wanted = BAD[case]
    write(tree, name, "#include <string>", line)
    result = check(tree)
    assert result.returncode == 1
    assert f"{name}:3: " in result.stdout
    assert wanted in result.stdout


def test_refuses_a_file_outside_every_room(tree):
    write(tree, "src/misc/a.h")
    result = check(tree)
    assert result.returncode == 1
    assert "src/misc/a.h:1: " in result.stdout


def test_refuses_an_empty_tree(tree):
    assert check(tree).returncode == 2
