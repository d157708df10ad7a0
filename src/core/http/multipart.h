#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/http/header_field.h"

namespace lh {

/// One part of a multi-part body: a text or a file.
struct BodyPart {
  std::string name{};       ///< of the form's field; may be empty
  std::string file_name{};  ///< what the server is told; empty: nothing
  HeaderList headers{};     ///< each replaces a default of its name
  std::optional<std::string> text{};
  std::optional<std::string> file{};  ///< absolute path
  std::string content_type{};         ///< of a file; empty: application/octet-stream

  friend bool operator==(const BodyPart&, const BodyPart&) = default;
};

inline constexpr std::size_t kMaxParts = 100'000;
inline constexpr std::size_t kMaxPartHead = 64UL * 1024;  ///< bytes of the headers of one part

/// R90, R92, R95: whether lay_out() can make a body of it, InvalidArgument with the number of the
/// part, from 1, if not. An empty `subtype` is form-data, an empty `boundary` will be generated.
[[nodiscard]] Result<void> check_parts(std::span<const BodyPart> parts, std::string_view subtype,
                                       std::string_view boundary);

/// R90. Those that occur in a text are not to be used: try other bits.
[[nodiscard]] std::string make_boundary(std::span<const std::uint8_t, 16> random);
[[nodiscard]] bool occurs_in_text(std::span<const BodyPart> parts, std::string_view boundary);

/// Bytes, or the whole of a file.
struct BodySegment {
  std::string bytes;
  std::string file;  ///< absolute path; empty: it is bytes

  friend bool operator==(const BodySegment&, const BodySegment&) = default;
};

struct MultipartBody {
  std::string content_type;  ///< R91: of the request
  std::vector<BodySegment> segments;

  friend bool operator==(const MultipartBody&, const MultipartBody&) = default;
};

/// The body of parts that have been checked (RFC 2046, section 5.1, and RFC 7578). Needs a
/// boundary.
[[nodiscard]] MultipartBody lay_out(std::span<const BodyPart> parts, std::string_view subtype,
                                    std::string_view boundary);

}  // namespace lh
