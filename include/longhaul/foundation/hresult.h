#pragma once

/// @file
/// Error numbers and the exceptions that carry them. Every failure of the API is thrown as
/// hresult_error, or as the subclass named after its number.

#include <compare>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include "longhaul/export.h"
#include "longhaul/foundation/hstring.h"

namespace longhaul {

/// A type of its own, so that overloads can tell it from a number. Negative means failure.
struct hresult {
  std::int32_t value = 0;

  constexpr hresult() noexcept = default;
  constexpr hresult(std::int32_t number) noexcept : value(number) {}
  explicit constexpr hresult(std::uint32_t bits) noexcept
      : value(static_cast<std::int32_t>(bits)) {}

  constexpr operator std::int32_t() const noexcept { return value; }
};

/// Failure of a call. Copying does not throw.
class LONGHAUL_EXPORT hresult_error : public std::exception {
 public:
  /// E_FAIL.
  hresult_error();
  explicit hresult_error(hresult code);
  hresult_error(hresult code, const hstring& message);
  hresult_error(const hresult_error&) noexcept = default;
  hresult_error& operator=(const hresult_error&) noexcept = default;
  ~hresult_error() override;

  [[nodiscard]] hresult code() const noexcept { return code_; }
  /// What failed, on what, and why; the number if nothing more is known. No secrets.
  [[nodiscard]] hstring message() const;
  /// The same in UTF-8.
  [[nodiscard]] const char* what() const noexcept override;
  [[nodiscard]] hresult to_abi() const noexcept { return code_; }

 private:
  hresult code_;
  std::shared_ptr<const std::string> message_;
};

namespace detail {
/// Gives `Code` its own exception type.
template <std::uint32_t Code>
class LONGHAUL_EXPORT hresult_error_of : public hresult_error {
 public:
  hresult_error_of() : hresult_error(hresult(Code)) {}
  explicit hresult_error_of(const hstring& message) : hresult_error(hresult(Code), message) {}
};
}  // namespace detail

class LONGHAUL_EXPORT hresult_invalid_argument : public detail::hresult_error_of<0x80070057> {
  using hresult_error_of::hresult_error_of;
};
class LONGHAUL_EXPORT hresult_access_denied : public detail::hresult_error_of<0x80070005> {
  using hresult_error_of::hresult_error_of;
};
class LONGHAUL_EXPORT hresult_canceled : public detail::hresult_error_of<0x800704C7> {
  using hresult_error_of::hresult_error_of;
};
class LONGHAUL_EXPORT hresult_illegal_method_call : public detail::hresult_error_of<0x8000000E> {
  using hresult_error_of::hresult_error_of;
};
class LONGHAUL_EXPORT hresult_illegal_state_change : public detail::hresult_error_of<0x8000000D> {
  using hresult_error_of::hresult_error_of;
};
class LONGHAUL_EXPORT hresult_illegal_delegate_assignment
    : public detail::hresult_error_of<0x80000018> {
  using hresult_error_of::hresult_error_of;
};
class LONGHAUL_EXPORT hresult_not_implemented : public detail::hresult_error_of<0x80004001> {
  using hresult_error_of::hresult_error_of;
};
class LONGHAUL_EXPORT hresult_out_of_bounds : public detail::hresult_error_of<0x8000000B> {
  using hresult_error_of::hresult_error_of;
};
class LONGHAUL_EXPORT hresult_no_interface : public detail::hresult_error_of<0x80004002> {
  using hresult_error_of::hresult_error_of;
};

/// Throws the subclass of that number, else hresult_error. An empty message is replaced by the
/// number.
[[noreturn]] LONGHAUL_EXPORT void throw_hresult(hresult code, const hstring& message = {});
/// Throws if `code` is a failure.
inline void check_hresult(hresult code) {
  if (code < 0) throw_hresult(code);
}
/// The number of the exception that is being handled: E_FAIL for one that has none.
[[nodiscard]] LONGHAUL_EXPORT hresult to_hresult() noexcept;
/// The text of the exception that is being handled.
[[nodiscard]] LONGHAUL_EXPORT hstring to_message();

}  // namespace longhaul
