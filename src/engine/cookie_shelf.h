#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "core/model/transfer_spec.h"

namespace lh {

/// Cookies that servers have set in an attempt, kept in memory for the next attempts of the same
/// operation (R67), of the operations that were last at work.
class CookieShelf {
 public:
  using Cookies = std::vector<std::string>;

  /// What the cookies of one operation may take together, in bytes.
  static constexpr std::size_t kLargestJar = 64UL * 1024;
  [[nodiscard]] static bool is_too_large(const Cookies& cookies);

  explicit CookieShelf(std::size_t operations = 256) : operations_(operations) {}

  /// A jar without a cookie, or with far more than servers need, is not kept.
  void put(const TransferId& id, Cookies cookies);
  [[nodiscard]] Cookies take(const TransferId& id);
  [[nodiscard]] std::size_t size() const { return jars_.size(); }

 private:
  std::size_t operations_;
  std::list<std::pair<TransferId, Cookies>> jars_;  ///< the latest last
};

}  // namespace lh
