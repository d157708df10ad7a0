#pragma once

/// @file
/// Immutable wide text (wchar_t is UTF-32 here), as C++/WinRT programs expect it.

#include <compare>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "longhaul/export.h"

namespace longhaul {

/// Text that never changes; a copy shares it. Made from wide text or from UTF-8. Bytes that are no
/// valid UTF-8 (file names may have them) become U+DC80 to U+DCFF and come back unchanged from
/// to_string.
class LONGHAUL_EXPORT hstring {
 public:
  using value_type = wchar_t;
  using size_type = std::size_t;
  using const_iterator = const wchar_t*;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  hstring() noexcept = default;
  hstring(std::nullptr_t) = delete;
  hstring(std::wstring_view text);
  hstring(const wchar_t* text) : hstring(std::wstring_view(text)) {}
  hstring(const std::wstring& text) : hstring(std::wstring_view(text)) {}
  hstring(std::string_view utf8);
  hstring(const char* utf8) : hstring(std::string_view(utf8)) {}
  hstring(const std::string& utf8) : hstring(std::string_view(utf8)) {}

  operator std::wstring_view() const noexcept { return view(); }

  /// Never null, ends with L'\0'; lives as long as a copy of this text.
  [[nodiscard]] const wchar_t* c_str() const noexcept { return text_ ? text_->c_str() : L""; }
  [[nodiscard]] const wchar_t* data() const noexcept { return c_str(); }
  [[nodiscard]] size_type size() const noexcept { return text_ ? text_->size() : 0; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] const_iterator begin() const noexcept { return c_str(); }
  [[nodiscard]] const_iterator end() const noexcept { return c_str() + size(); }
  [[nodiscard]] wchar_t operator[](size_type position) const noexcept { return c_str()[position]; }
  [[nodiscard]] bool starts_with(std::wstring_view text) const noexcept {
    return view().starts_with(text);
  }
  [[nodiscard]] bool ends_with(std::wstring_view text) const noexcept {
    return view().ends_with(text);
  }

  friend bool operator==(const hstring& a, const hstring& b) noexcept {
    return a.view() == b.view();
  }
  friend bool operator==(const hstring& a, const wchar_t* b) noexcept { return a.view() == b; }
  friend bool operator==(const hstring& a, const std::wstring& b) noexcept { return a.view() == b; }
  friend bool operator==(const hstring& a, const char* utf8) { return a == hstring(utf8); }
  friend std::strong_ordering operator<=>(const hstring& a, const hstring& b) noexcept {
    return a.view() <=> b.view();
  }

  friend hstring operator+(const hstring& a, const hstring& b) { return a.joined(b.view()); }
  friend hstring operator+(const hstring& a, const wchar_t* b) { return a.joined(b); }
  friend hstring operator+(const wchar_t* a, const hstring& b) { return hstring(a) + b; }
  friend hstring operator+(const hstring& a, const std::wstring& b) { return a.joined(b); }
  friend hstring operator+(const std::wstring& a, const hstring& b) { return hstring(a) + b; }
  friend hstring operator+(const hstring& a, wchar_t b) {
    return a.joined(std::wstring_view(&b, 1));
  }

 private:
  [[nodiscard]] std::wstring_view view() const noexcept { return {c_str(), size()}; }
  [[nodiscard]] hstring joined(std::wstring_view more) const;

  std::shared_ptr<const std::wstring> text_;
};

/// UTF-8.
[[nodiscard]] LONGHAUL_EXPORT std::string to_string(const hstring& text);
[[nodiscard]] LONGHAUL_EXPORT std::string to_string(std::wstring_view text);
[[nodiscard]] inline hstring to_hstring(std::string_view utf8) {
  return hstring(utf8);
}
[[nodiscard]] inline hstring to_hstring(const char* utf8) {
  return hstring(utf8);
}
[[nodiscard]] inline hstring to_hstring(const hstring& text) {
  return text;
}
[[nodiscard]] inline hstring to_hstring(bool value) {
  return value ? L"true" : L"false";
}
/// Any number, as std::to_wstring writes it.
template <typename Number>
  requires requires(Number number) { std::to_wstring(number); }
[[nodiscard]] hstring to_hstring(Number number) {
  return std::to_wstring(number);
}

}  // namespace longhaul

template <>
struct std::hash<longhaul::hstring> {
  std::size_t operator()(const longhaul::hstring& text) const noexcept {
    return std::hash<std::wstring_view>{}(text);
  }
};
