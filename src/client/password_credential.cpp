#include "longhaul/security/password_credential.h"

#include <mutex>

#include "longhaul/foundation/hresult.h"

namespace longhaul {
namespace {

void require(const hstring& value) {
  if (value.empty()) {
    throw hresult_invalid_argument(L"a credential has a user name and a password");
  }
}

}  // namespace

struct PasswordCredential::Data {
  std::mutex mutex;
  hstring resource;
  hstring user_name;
  hstring password;
};

PasswordCredential::PasswordCredential() : data_(std::make_shared<Data>()) {}

PasswordCredential::PasswordCredential(const hstring& resource, const hstring& userName,
                                       const hstring& password)
    : PasswordCredential() {
  require(userName);
  require(password);
  data_->resource = resource;
  data_->user_name = userName;
  data_->password = password;
}

PasswordCredential::Data& PasswordCredential::data() const {
  if (!data_) throw_hresult(hresult(0x80004003U), L"the credential is null");
  return *data_;
}

hstring PasswordCredential::Resource() const {
  const std::lock_guard lock(data().mutex);
  return data_->resource;
}

void PasswordCredential::Resource(const hstring& value) const {
  const std::lock_guard lock(data().mutex);
  data_->resource = value;
}

hstring PasswordCredential::UserName() const {
  const std::lock_guard lock(data().mutex);
  return data_->user_name;
}

void PasswordCredential::UserName(const hstring& value) const {
  require(value);
  const std::lock_guard lock(data().mutex);
  data_->user_name = value;
}

hstring PasswordCredential::Password() const {
  const std::lock_guard lock(data().mutex);
  return data_->password;
}

void PasswordCredential::Password(const hstring& value) const {
  require(value);
  const std::lock_guard lock(data().mutex);
  data_->password = value;
}

void PasswordCredential::RetrievePassword() const {
  static_cast<void>(data());
}

}  // namespace longhaul
