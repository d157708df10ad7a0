#include "engine/cookie_shelf.h"

#include <algorithm>

namespace lh {

bool CookieShelf::is_too_large(const Cookies& cookies) {
  std::size_t size = 0;
  for (const std::string& cookie : cookies) size += cookie.size();
  return size > kLargestJar;
}

void CookieShelf::put(const TransferId& id, Cookies cookies) {
  std::erase_if(jars_, [&id](const auto& jar) { return jar.first == id; });
  if (cookies.empty() || is_too_large(cookies)) return;
  jars_.emplace_back(id, std::move(cookies));
  if (jars_.size() > operations_) jars_.pop_front();
}

CookieShelf::Cookies CookieShelf::take(const TransferId& id) {
  const auto found = std::ranges::find(jars_, id, &std::pair<TransferId, Cookies>::first);
  if (found == jars_.end()) return {};
  Cookies cookies = std::move(found->second);
  jars_.erase(found);
  return cookies;
}

}  // namespace lh
