#include "engine/head_reader.h"

#include <charconv>

namespace lh {

namespace {

std::string_view without_line_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

/// "HTTP/1.1 200 OK", "HTTP/2 200".
int status_of(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  line.remove_prefix(space + 1);
  int status = 0;
  const auto read = std::from_chars(line.data(), line.data() + line.size(), status);
  return read.ec == std::errc() ? status : 0;
}

}  // namespace

HeadReader::Step HeadReader::add(std::string_view line) {
  bytes_ += line.size() + kLineCost;
  if (bytes_ > kMaxBytes) return Step::TooLarge;
  line = without_line_end(line);
  if (!in_head_) {
    // Behind the head of the answer there are trailers of its body only, whatever they look like.
    if (!answered_ && line.starts_with("HTTP/")) begin_response(line);
    return Step::More;
  }
  if (line.empty()) return end_head();
  take_field(line);
  return Step::More;
}

void HeadReader::begin_response(std::string_view status_line) {
  in_head_ = true;
  status_ = status_of(status_line);
  headers_.clear();
}

HeadReader::Step HeadReader::end_head() {
  in_head_ = false;
  // After a 101 another protocol is spoken, and no answer follows (RFC 9110, section 15.2.2).
  const bool interim = status_ >= 100 && status_ < 200 && status_ != 101;
  answered_ = !interim;
  return interim ? Step::Interim : Step::Complete;
}

void HeadReader::take_field(std::string_view line) {
  const bool folded = line.front() == ' ' || line.front() == '\t';
  if (folded && !headers_.empty()) {
    const auto text = line.find_first_not_of(" \t");
    if (text != std::string_view::npos) headers_.back().value.append(" ").append(line.substr(text));
    return;
  }
  if (auto field = parse_field_line(line)) headers_.push_back(std::move(*field));
}

}  // namespace lh
