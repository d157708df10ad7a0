#include "longhaul/foundation/hresult.h"

#include <array>
#include <cstdio>
#include <new>

namespace longhaul {
namespace {

std::string text_or_number(hresult code, const std::string& text) {
  if (!text.empty()) return text;
  std::array<char, 24> number{};
  std::snprintf(number.data(), number.size(), "error 0x%08X",
                static_cast<std::uint32_t>(code.value));
  return number.data();
}

template <typename Exception>
void throw_if(hresult code, const hstring& message) {
  if (Exception().code() == code) throw Exception(message);
}

}  // namespace

hresult_error::hresult_error() : hresult_error(hresult(0x80004005U)) {}

hresult_error::hresult_error(hresult code) : hresult_error(code, {}) {}

hresult_error::hresult_error(hresult code, const hstring& message)
    : code_(code),
      message_(std::make_shared<const std::string>(text_or_number(code, to_string(message)))) {}

hresult_error::~hresult_error() = default;

hstring hresult_error::message() const {
  return hstring(*message_);
}

const char* hresult_error::what() const noexcept {
  return message_->c_str();
}

void throw_hresult(hresult code, const hstring& message) {
  throw_if<hresult_invalid_argument>(code, message);
  throw_if<hresult_access_denied>(code, message);
  throw_if<hresult_canceled>(code, message);
  throw_if<hresult_illegal_method_call>(code, message);
  throw_if<hresult_illegal_state_change>(code, message);
  throw_if<hresult_illegal_delegate_assignment>(code, message);
  throw_if<hresult_not_implemented>(code, message);
  throw_if<hresult_out_of_bounds>(code, message);
  throw_if<hresult_no_interface>(code, message);
  throw hresult_error(code, message);
}

hresult to_hresult() noexcept {
  try {
    throw;
  } catch (const hresult_error& error) {
    return error.code();
  } catch (const std::bad_alloc&) {
    return hresult(0x8007000EU);
  } catch (...) {
    return hresult(0x80004005U);
  }
}

hstring to_message() {
  try {
    throw;
  } catch (const std::exception& error) {
    return hstring(error.what());
  } catch (...) {
    return hstring("unknown exception");
  }
}

}  // namespace longhaul
