#include "core/http/multipart.h"

#include <algorithm>
#include <utility>

#include "core/http/text.h"

namespace lh {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kFormData = "form-data";
constexpr std::size_t kMaxBoundary = 70;

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, is_control);
}

bool is_form_data(std::string_view subtype) {
  return subtype.empty() || text::equal_ignoring_case(subtype, kFormData);
}

/// bchars of RFC 2046, section 5.1.1.
bool is_boundary_character(char c) {
  static constexpr std::string_view kMarks = "'()+_,-./:=? ";
  return text::is_digit(c) || text::is_alpha(c) || kMarks.find(c) != std::string_view::npos;
}

/// R94. A backslash is no separator here.
std::string_view without_folders(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

/// In double quotes, as browsers do it: servers take a backslash for itself.
void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    switch (c) {
      case '\r':
        out += "%0D";
        break;
      case '\n':
        out += "%0A";
        break;
      case '"':
        out += "%22";
        break;
      default:
        out += c;
    }
  }
  out += '"';
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append(kLineEnd);
}

std::string form_data_disposition(const BodyPart& part) {
  std::string value(kFormData);
  if (!part.name.empty()) append_quoted(value += "; name=", part.name);
  if (!part.file_name.empty()) {
    append_quoted(value += "; filename=", without_folders(part.file_name));
  }
  return value;
}

/// R93, with the empty line behind the headers.
std::string head_of(const BodyPart& part, std::string_view subtype) {
  std::string head;
  const auto append_default = [&](std::string_view name, std::string_view value) {
    if (!find_field(part.headers, name)) append_field(head, name, value);
  };
  if (is_form_data(subtype)) append_default("Content-Disposition", form_data_disposition(part));
  if (part.file) {
    append_default("Content-Type",
                   part.content_type.empty() ? "application/octet-stream" : part.content_type);
  }
  for (const HeaderField& field : part.headers) append_field(head, field.name, field.value);
  return head.append(kLineEnd);
}

/// Why nothing can be made of it; empty if something can. Values are not shown: they may be secret.
std::string_view fault_of_content(const BodyPart& part) {
  if (part.text && part.file) return "it is a text and a file; one of them, please";
  if (!part.text && !part.file) return "it has neither a text nor a file";
  if (part.text && !part.content_type.empty()) {
    return "only a file has a content type; a text may have a Content-Type header";
  }
  if (!part.file) return {};
  if (!part.file->starts_with('/')) return "the path of its file is not absolute";
  if (part.file->find('\0') != std::string::npos) return "the path of its file holds a NUL";
  if (has_control(part.content_type)) return "control characters in its content type";
  return {};
}

/// CR and LF in names are encoded; for other control characters there is no way that servers know.
std::string_view fault_of_head(const BodyPart& part, std::string_view subtype) {
  const auto is_unsendable = [](char c) { return is_control(c) && c != '\r' && c != '\n'; };
  if (std::ranges::any_of(part.name, is_unsendable)) return "control characters in its name";
  if (std::ranges::any_of(part.file_name, is_unsendable)) {
    return "control characters in its file name";
  }
  if (part.file_name.ends_with('/')) return "its file name is that of a folder";
  for (const HeaderField& field : part.headers) {
    if (!is_token(field.name)) return "the name of a header is not an HTTP token";
    if (has_control(field.value)) return "control characters in the value of a header";
  }
  if (head_of(part, subtype).size() > kMaxPartHead) return "its headers have more than 64 KiB";
  return {};
}

Result<void> check_boundary(std::string_view boundary) {
  if (boundary.size() > kMaxBoundary) {
    return invalid_argument("the boundary has more than 70 characters");
  }
  if (!std::ranges::all_of(boundary, is_boundary_character)) {
    return invalid_argument("the boundary holds a character that RFC 2046 does not allow there");
  }
  if (boundary.ends_with(' ')) return invalid_argument("the boundary ends in a space");
  return {};
}

void append_bytes(std::vector<BodySegment>& segments, std::string_view bytes) {
  if (segments.empty() || !segments.back().file.empty()) segments.emplace_back();
  segments.back().bytes.append(bytes);
}

}  // namespace

Result<void> check_parts(std::span<const BodyPart> parts, std::string_view subtype,
                         std::string_view boundary) {
  if (parts.empty()) return invalid_argument("a multi-part body needs a part");
  if (parts.size() > kMaxParts) {
    return invalid_argument("a body has at most " + std::to_string(kMaxParts) + " parts");
  }
  if (!subtype.empty() && !is_token(subtype)) {
    return invalid_argument("the subtype of the body is not an HTTP token");
  }
  if (auto checked = check_boundary(boundary); !checked) return checked;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string_view fault = fault_of_content(parts[i]);
    if (fault.empty()) fault = fault_of_head(parts[i], subtype);
    if (!fault.empty()) {
      return invalid_argument("part " + std::to_string(i + 1) + ": " + std::string(fault));
    }
  }
  return {};
}

std::string make_boundary(std::span<const std::uint8_t, 16> random) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string boundary = "longhaul-";
  for (const std::uint8_t byte : random) {
    boundary += kDigits[byte >> 4U];
    boundary += kDigits[byte & 0xFU];
  }
  return boundary;
}

bool occurs_in_text(std::span<const BodyPart> parts, std::string_view boundary) {
  return std::ranges::any_of(parts, [boundary](const BodyPart& part) {
    return part.text && part.text->find(boundary) != std::string::npos;
  });
}

MultipartBody lay_out(std::span<const BodyPart> parts, std::string_view subtype,
                      std::string_view boundary) {
  MultipartBody body;
  body.content_type.append("multipart/").append(subtype.empty() ? kFormData : subtype);
  body.content_type.append("; boundary=");
  if (is_token(boundary)) {
    body.content_type.append(boundary);
  } else {  // nothing in it needs a backslash
    body.content_type.append("\"").append(boundary).append("\"");
  }
  std::string delimiter = "--" + std::string(boundary);
  for (const BodyPart& part : parts) {
    append_bytes(body.segments, delimiter);
    append_bytes(body.segments, kLineEnd);
    append_bytes(body.segments, head_of(part, subtype));
    if (part.text) append_bytes(body.segments, *part.text);
    if (part.file) body.segments.push_back({.bytes = {}, .file = *part.file});
    // From the second on, the line end before it is part of the delimiter, not of the content.
    if (&part == parts.data()) delimiter.insert(0, kLineEnd);
  }
  append_bytes(body.segments, delimiter);
  append_bytes(body.segments, "--\r\n");
  return body;
}

}  // namespace lh
