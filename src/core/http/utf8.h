#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lh::utf8 {

/// Takes one character from the front of `rest`. Nothing for a byte that begins no valid sequence
/// (overlong forms, surrogates and numbers above U+10FFFF included); that one byte is then taken.
/// `rest` must not be empty.
[[nodiscard]] std::optional<char32_t> take(std::string_view& rest);

void append(std::string& text, char32_t character);

[[nodiscard]] bool is_valid(std::string_view text);

/// The longest front part of at most `bytes` bytes that does not cut a character.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t bytes);

/// Each byte of ISO-8859-1 as a character.
[[nodiscard]] std::string from_latin1(std::string_view text);

}  // namespace lh::utf8
