"""check_results must not let a run pass that proves nothing."""

import os
import pathlib
import subprocess
import sys

TOOL = pathlib.Path(__file__).resolve().parents[1] / "check_results"


def judge(tmp_path, cases, ci="true"):
    report = tmp_path / "results.xml"
    report.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    return subprocess.run([sys.executable, str(TOOL), str(report)], capture_output=True, text=True, env={**os.environ, "CI": ci})


def test_accepts_tests_that_passed(tmp_path):
    assert judge(tmp_path, '<testcase name="a" status="run"/>').returncode == 0


def test_refuses_a_run_without_tests(tmp_path):
    assert judge(tmp_path, "").returncode == 1


def test_refuses_a_failed_test(tmp_path):
    result = judge(tmp_path, '<testcase name="a"><failure message="why"/></testcase>', ci="false")
    assert result.returncode == 1
    assert "why" in result.stdout


def test_refuses_a_skipped_test_in_ci_only(tmp_path):
    skipped = '<testcase name="a"/><testcase name="b" status="notrun"><skipped message="no server"/></testcase>'
    assert judge(tmp_path, skipped, ci="true").returncode == 1
    assert judge(tmp_path, skipped, ci="false").returncode == 0
