#pragma once

#include <string>
#include <string_view>

namespace lh {

/// A certificate of the user's, for the servers that he names and no others: it says who he is.
struct ClientCertificate {
  std::string host;         ///< pattern in which '*' stands for anything
  std::string certificate;  ///< PEM file, absolute path
  std::string key;          ///< PEM file, not encrypted; empty: in the same file

  friend bool operator==(const ClientCertificate&, const ClientCertificate&) = default;
};

/// Whether `text` is of the pattern, without letter case.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace lh
