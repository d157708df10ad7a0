#include "cli/options.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "cli/failure.h"
#include "cli/text.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

template <typename T, std::size_t N>
T choose(const std::string& option, const std::string& text,
         const std::array<std::pair<std::string_view, T>, N>& choices) {
  std::string allowed;
  for (const auto& [word, value] : choices) {
    if (word == text) return value;
    allowed += (allowed.empty() ? "" : ", ") + std::string(word);
  }
  throw bad_argument("'" + text + "' is no value for " + option, "It takes one of: " + allowed);
}

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [marks](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != marks.npos;
  });
}

}  // namespace

BackgroundTransferPriority parse_priority(const std::string& text) {
  using enum BackgroundTransferPriority;
  constexpr std::array<std::pair<std::string_view, BackgroundTransferPriority>, 3> choices{
      {{"high", High}, {"default", Default}, {"low", Low}}};
  return choose("--priority", text, choices);
}

BackgroundTransferCostPolicy parse_cost_policy(const std::string& text) {
  using enum BackgroundTransferCostPolicy;
  constexpr std::array<std::pair<std::string_view, BackgroundTransferCostPolicy>, 3> choices{
      {{"default", Default}, {"unrestricted-only", UnrestrictedOnly}, {"always", Always}}};
  return choose("--cost-policy", text, choices);
}

std::vector<std::pair<std::string, std::string>> parse_headers(
    const std::vector<std::string>& lines) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const std::string& line : lines) {
    // Not the whole line: a value may be a secret.
    const std::size_t colon = line.find(':');
    if (colon == line.npos) throw bad_argument("a header needs a colon, as in -H 'Name: value'");
    const std::string name = line.substr(0, colon);
    const std::string value(trim(std::string_view(line).substr(colon + 1)));
    if (!is_token(name)) throw bad_argument("'" + name + "' is no name of a header");
    if (value.find_first_of("\r\n") != value.npos)
      throw bad_argument("the value of the header " + name + " has a line break in it");
    headers.emplace_back(name, value);
  }
  return headers;
}

std::vector<WebErrorStatus> parse_web_errors(const std::string& text) {
  std::vector<WebErrorStatus> statuses;
  if (text.empty()) return statuses;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string name(trim(std::string_view(text).substr(begin, end - begin)));
    const auto status = parse_web_error(name);
    if (!status) {
      throw bad_argument("'" + name + "' is no web error",
                         "Give names such as Forbidden, NotFound or Timeout, separated by commas.");
    }
    statuses.push_back(*status);
    begin = end + 1;
  }
  return statuses;
}

void check_checksum(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 4> algorithms{
      {{"sha256", 64}, {"sha512", 128}, {"sha1", 40}, {"md5", 32}}};
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const std::string hex = colon == text.npos ? "" : text.substr(colon + 1);
  for (const auto& [algorithm, digits] : algorithms) {
    if (algorithm != name) continue;
    const bool is_hex = hex.find_first_not_of("0123456789abcdefABCDEF") == hex.npos;
    if (is_hex && hex.size() == digits) return;
    throw bad_argument("a " + name + " checksum has " + std::to_string(digits) +
                       " hexadecimal digits, not '" + hex + "'");
  }
  throw bad_argument("'" + text + "' is no checksum",
                     "Give it as ALGORITHM:HEX; algorithms are sha256, sha512, sha1, md5.");
}

void check_method(const std::string& text) {
  if (!is_token(text)) throw bad_argument("'" + text + "' is no HTTP method");
}

BackgroundTransferStatus parse_status_option(const std::string& text) {
  if (const auto status = parse_status(text)) return *status;
  std::string next = "It is one of:";
  for (const BackgroundTransferStatus each : all_statuses())
    next += "\n  " + std::string(status_name(each));
  throw bad_argument("'" + text + "' is no status", next);
}

}  // namespace lh::cli
