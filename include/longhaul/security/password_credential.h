#pragma once

/// @file
/// A user name and a password.

#include <cstddef>
#include <memory>

#include "longhaul/export.h"
#include "longhaul/foundation/hstring.h"

namespace longhaul {

/// What a server or proxy asks for (R64). A handle: copies share it, and it may be null. Any
/// thread. Held in memory only; the service keeps what it is given in the user's secret store until
/// the operation has ended, and gives it to nobody.
class LONGHAUL_EXPORT PasswordCredential {
 public:
  PasswordCredential();
  PasswordCredential(std::nullptr_t) noexcept {}
  /// Throws hresult_invalid_argument if the user name or the password is empty.
  PasswordCredential(const hstring& resource, const hstring& userName, const hstring& password);

  [[nodiscard]] hstring Resource() const;  ///< what it is for; of no meaning to the service
  void Resource(const hstring& value) const;
  [[nodiscard]] hstring UserName() const;
  void UserName(const hstring& value) const;  ///< throws hresult_invalid_argument if empty
  [[nodiscard]] hstring Password() const;
  void Password(const hstring& value) const;  ///< throws hresult_invalid_argument if empty
  /// The password is always there; does nothing.
  void RetrievePassword() const;

  explicit operator bool() const noexcept { return data_ != nullptr; }
  friend bool operator==(const PasswordCredential& a, std::nullptr_t) noexcept { return !a.data_; }
  friend bool operator==(const PasswordCredential&, const PasswordCredential&) noexcept = default;

 private:
  struct Data;
  [[nodiscard]] Data& data() const;

  std::shared_ptr<Data> data_;
};

}  // namespace longhaul
