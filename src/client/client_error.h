#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/http/header_field.h"
#include "core/model/transfer_error.h"

namespace lh {

/// What came of a call to the service: a value, or the error in the terms of the API.
template <typename T>
struct Answer {
  std::optional<T> value;
  TransferError error;  ///< meaningful without value

  Answer(T given) : value(std::move(given)) {}              // NOLINT: implicit by design
  Answer(TransferError given) : error(std::move(given)) {}  // NOLINT: implicit by design

  [[nodiscard]] bool ok() const { return value.has_value(); }
  explicit operator bool() const { return ok(); }
};
struct Nothing {};

/// As the hresult_error of its number.
[[noreturn]] void throw_error(const TransferError& error);
[[noreturn]] void throw_error(const Error& error);

/// Throws for what the bus cannot carry. `what` names the text, as in "the group".
void require_utf8(std::string_view what, std::string_view text);
/// The same for a header, whose value, which may be a secret, is not repeated.
void require_utf8(const HeaderField& header);

/// longhauld cannot be reached or started: 0x80070426.
[[nodiscard]] TransferError unavailable(std::string message);

/// The value, or the error as an exception.
template <typename T>
[[nodiscard]] T value_or_throw(Answer<T> answer) {
  if (!answer.ok()) throw_error(answer.error);
  return std::move(*answer.value);
}

}  // namespace lh
