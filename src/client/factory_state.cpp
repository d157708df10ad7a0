#include "client/factory_state.h"

#include <optional>
#include <string>
#include <utility>

#include "client/client_error.h"
#include "client/proxy_environment.h"
#include "core/model/request_headers.h"
#include "core/model/spec_check.h"
#include "longhaul/foundation/hresult.h"

namespace longhaul::detail {
namespace {

void check(const lh::Result<void>& checked) {
  if (!checked) lh::throw_error(checked.error());
}

std::optional<lh::Login> login_of(const PasswordCredential& credential) {
  if (!credential) return std::nullopt;
  lh::Login login{to_string(credential.UserName()), to_string(credential.Password())};
  if (login.user.empty() || login.password.empty()) {
    throw hresult_invalid_argument(L"a credential has a user name and a password");
  }
  return login;
}

}  // namespace

void FactoryState::add_request_header(const hstring& name, const hstring& value) {
  const lh::HeaderField field{to_string(name), to_string(value)};
  check(lh::check_request_header(field.name, field.value));
  const std::lock_guard lock(mutex_);
  lh::add_request_header(settings_.headers, field);
}

hstring FactoryState::method() const {
  const std::lock_guard lock(mutex_);
  return hstring(settings_.method);
}

void FactoryState::method(const hstring& value) {
  std::string method = to_string(value);
  check(lh::check_method(method));
  const std::lock_guard lock(mutex_);
  settings_.method = std::move(method);
}

BackgroundTransferCostPolicy FactoryState::cost_policy() const {
  const std::lock_guard lock(mutex_);
  return settings_.cost_policy;
}

void FactoryState::cost_policy(BackgroundTransferCostPolicy value) {
  const std::lock_guard lock(mutex_);
  settings_.cost_policy = value;
}

PasswordCredential FactoryState::server_credential() const {
  const std::lock_guard lock(mutex_);
  return server_credential_;
}

void FactoryState::server_credential(const PasswordCredential& value) {
  const std::lock_guard lock(mutex_);
  server_credential_ = value;
}

PasswordCredential FactoryState::proxy_credential() const {
  const std::lock_guard lock(mutex_);
  return proxy_credential_;
}

void FactoryState::proxy_credential(const PasswordCredential& value) {
  const std::lock_guard lock(mutex_);
  proxy_credential_ = value;
}

void FactoryState::proxy(lh::ProxySettings value) {
  const std::lock_guard lock(mutex_);
  settings_.proxy = std::move(value);
  has_proxy_ = true;
}

void FactoryState::edit(const std::function<void(lh::TransferSettings&)>& change) {
  const std::lock_guard lock(mutex_);
  change(settings_);
}

lh::TransferSettings FactoryState::settings() const {
  const std::lock_guard lock(mutex_);
  lh::TransferSettings settings = settings_;
  settings.server_login = login_of(server_credential_);
  settings.proxy_login = login_of(proxy_credential_);
  if (!has_proxy_) settings.proxy = lh::proxy_from_environment();
  return settings;
}

}  // namespace longhaul::detail
