# Large headers compiled once per target, for the sanitizers' builds. Not for the others, which show that every file includes what it
# uses, and not with g++ 12, which then warns of its own headers.
function(longhaul_precompile target)
  if(LONGHAUL_PCH)
    target_precompile_headers(${target} PRIVATE <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <string_view>
      <unordered_map> <utility> <variant> <vector> ${ARGN})
  endif()
endfunction()
