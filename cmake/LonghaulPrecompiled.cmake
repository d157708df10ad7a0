# Large headers compiled once per target, for builds with tests, which are made often and from nothing. Not for the one that is
# installed, which shows that every source includes what it uses.
function(longhaul_precompile target)
  if(LONGHAUL_PCH)
    target_precompile_headers(${target} PRIVATE <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <string_view>
      <unordered_map> <utility> <variant> <vector> ${ARGN})
  endif()
endfunction()
