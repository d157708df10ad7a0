#include "cli/form_field.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "cli/failure.h"
#include "cli/request_options.h"

namespace lh::cli {
namespace {

constexpr std::string_view kType = ";type=";
constexpr std::string_view kFileName = ";filename=";

/// Where the first of them begins, or the end.
std::size_t next_suffix(std::string_view text) {
  return std::min({text.find(kType), text.find(kFileName), text.size()});
}

/// Takes what is quoted from the beginning of `text`, which is what follows the quote.
std::string take_quoted(std::string_view& text, const std::string& name) {
  std::string value;
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    value += text.front();
    text.remove_prefix(1);
  }
  if (text.empty()) throw bad_argument("in the field '" + name + "' a quote is not closed");
  text.remove_prefix(1);
  if (next_suffix(text) != 0 && !text.empty()) {
    throw bad_argument("in the field '" + name + "' something follows what is quoted");
  }
  return value;
}

/// Takes a value up to the next suffix.
std::string take_value(std::string_view& text, const std::string& name) {
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    return take_quoted(text, name);
  }
  const std::size_t end = next_suffix(text);
  const std::string value(text.substr(0, end));
  text.remove_prefix(end);
  return value;
}

std::string last_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

}  // namespace

longhaul::UploadPart parse_form_field(const std::string& text) {
  const std::size_t equals = text.find('=');
  // Not what was given: it may be a secret.
  if (equals == text.npos) {
    throw bad_argument("a field needs an equals sign, as in -F name=value or -F name=@FILE");
  }
  longhaul::UploadPart part;
  part.Name = text.substr(0, equals);
  std::string_view rest = std::string_view(text).substr(equals + 1);
  if (rest.starts_with('@')) {
    rest.remove_prefix(1);
    const std::string path = take_value(rest, part.Name);
    if (path == "-") {
      throw bad_argument("standard input cannot be the field '" + part.Name +
                             "': a body of several parts needs to know its length",
                         "Put it into a file first.");
    }
    part.File = readable_file(path, "the file of the field '" + part.Name + "'");
    part.FileName = last_of(path);
  } else {
    // A text is not unquoted: it is sent as it stands there.
    const std::size_t end = next_suffix(rest);
    part.Text = std::string(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  std::optional<std::string> type;
  while (!rest.empty()) {
    const bool is_type = rest.starts_with(kType);
    rest.remove_prefix(is_type ? kType.size() : kFileName.size());
    std::string value = take_value(rest, part.Name);
    if (is_type) {
      type = std::move(value);
    } else {
      part.FileName = std::move(value);
    }
  }
  if (type && part.File) part.ContentType = *type;
  if (type && part.Text) part.Headers.emplace_back("Content-Type", *type);
  return part;
}

}  // namespace lh::cli
