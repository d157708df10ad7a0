#include "core/http/user_info.h"

#include <algorithm>

namespace lh {

std::string without_user_info(std::string_view text) {
  constexpr std::string_view kMark = "//";
  std::string kept;
  for (auto mark = text.find(kMark); mark != text.npos; mark = text.find(kMark)) {
    const auto begin = mark + kMark.size();
    const auto end = std::min(text.find_first_of("/?#\\ \t\"<>,;", begin), text.size());
    const auto at = text.substr(begin, end - begin).rfind('@');
    kept += text.substr(0, begin);
    text.remove_prefix(at == text.npos ? begin : begin + at + 1);
  }
  return kept.append(text);
}

}  // namespace lh
