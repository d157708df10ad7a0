#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace lh::fuzz {

/// Ends the run, which the fuzzer reports with the input, unless `holds`.
inline void require(bool holds,
                    const std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: what was required does not hold\n", where.file_name(), where.line());
  std::abort();
}

}  // namespace lh::fuzz
