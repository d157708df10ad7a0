add_library(longhaul_warnings INTERFACE)
target_compile_options(longhaul_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${LONGHAUL_WERROR}>:-Werror>)
