# Sourced: how the sanitizers of the asan and tsan builds shall behave. Any report ends the program with an error.
# shellcheck shell=bash
export ASAN_OPTIONS=detect_stack_use_after_return=1:check_initialization_order=1:strict_init_order=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
# shellcheck disable=SC2154 # here: scripts/stages.sh, sourced before
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=$here/scripts/tsan.supp
# shellcheck disable=SC2154 # here: scripts/stages.sh, sourced before
export LSAN_OPTIONS=suppressions=$here/scripts/lsan.supp:print_suppressions=0
symbolizer=$(command -v llvm-symbolizer-19 || command -v llvm-symbolizer || true)
if [ -n "$symbolizer" ]; then
  export ASAN_SYMBOLIZER_PATH=$symbolizer UBSAN_SYMBOLIZER_PATH=$symbolizer
  TSAN_OPTIONS+=:external_symbolizer_path=$symbolizer
fi
