# Sourced by scripts/test and .ci/run: stages with names and durations, and the tests of one build folder as stages.
# shellcheck shell=bash

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$here" || exit 1
# Nothing of the caller's session may reach the tests, and nothing may ask.
unset DBUS_SESSION_BUS_ADDRESS DBUS_STARTER_ADDRESS LONGHAUL_BUS_ADDRESS LONGHAUL_APP_ID
exec </dev/null

jobs=$(nproc)
summaries=() # closing lines of the test runners
durations=() # "NAME: SECONDS s"
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
# Without it, ccache leaves alone what uses a precompiled header.
export CCACHE_SLOPPINESS=pch_defines,time_macros

# stage NAME COMMAND…: runs it, and ends everything if it fails.
stage() {
  local name=$1 start=$SECONDS status=0
  shift
  printf '\n==== %s\n' "$name"
  # Not in a condition: there a function would go on after a failed command.
  set +e
  (
    set -euo pipefail
    "$@"
  )
  status=$?
  set -e
  if [ "$status" -ne 0 ]; then
    printf '\n==== FAILED: %s (status %d, after %d s)\n' "$name" "$status" "$((SECONDS - start))" >&2
    recap
    exit 1
  fi
  durations+=("$name: $((SECONDS - start)) s")
  printf '==== done: %s (%d s)\n' "$name" "$((SECONDS - start))"
}

# build PRESET
build() {
  cmake --preset "$1" "${launcher[@]}"
  cmake --build --preset "$1" -j "$jobs"
}

# Unit tests and simulations.
run_ctest() { # PRESET
  local folder=build/$1
  ctest --preset "$1" --timeout 300 -j "$jobs" --output-junit results-ctest.xml 2>&1 | tee "$folder/ctest.log"
  tools/check_results "$folder/results-ctest.xml"
}

# The real programs, end to end.
run_pytest() { # PRESET
  local folder=build/$1 tests=(tests)
  # What is compared with curl or said to users is the same under any compiler. Failing disks, lost messages and odd answers
  # bring no other meeting of threads than working and even ones.
  local table
  case $1 in
    asan)
      for table in against_curl exit_codes get_options json ntlm; do tests+=("--ignore=tests/integration/test_$table.py"); done
      ;;
    tsan)
      tests=()
      for table in attach_delivery bounds cat_watch_events cookies crash first_download ftp idle many negotiate \
        pause_resume_cancel post proxy request_bodies resumable_uploads resume_validation secrets session_bus state_disk \
        store uploads; do
        tests+=("tests/integration/test_$table.py")
      done
      ;;
  esac
  LONGHAUL_BUILD_DIR=$here/$folder /usr/bin/python3 -m pytest "${tests[@]}" -n "$((jobs * 2))" -p no:cacheprovider \
    --junitxml="$folder/results-pytest.xml" 2>&1 | tee "$folder/pytest.log"
  tools/check_results "$folder/results-pytest.xml"
}

# test_stages PRESET: build, ctest, pytest.
test_stages() {
  local folder=build/$1
  stage "build ($1)" build "$1"
  stage "unit tests and simulations ($1)" run_ctest "$1"
  summaries+=("$1, ctest:  $(grep -E 'tests passed|tests failed' "$folder/ctest.log" | tail -n 1)")
  stage "integration tests ($1)" run_pytest "$1"
  summaries+=("$1, pytest: $(grep -E '^=+ .*(passed|failed|error).* =+$' "$folder/pytest.log" | tail -n 1)")
}

recap() {
  printf '\n==== stages\n'
  printf '%s\n' "${durations[@]:-none has ended}"
  printf '\n==== test runners'"'"' own summaries\n'
  printf '%s\n' "${summaries[@]:-no tests have ended}"
}
