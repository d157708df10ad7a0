#pragma once

#include <functional>
#include <mutex>

#include "ipc/codec.h"
#include "longhaul/background_transfer_types.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/security/password_credential.h"

namespace longhaul::detail {

/// The settings behind the handles of a downloader or uploader. Any thread; throws as the members
/// of these do.
class FactoryState {
 public:
  explicit FactoryState(const char* method) { settings_.method = method; }

  void add_request_header(const hstring& name, const hstring& value);
  [[nodiscard]] hstring method() const;
  void method(const hstring& value);
  [[nodiscard]] BackgroundTransferCostPolicy cost_policy() const;
  void cost_policy(BackgroundTransferCostPolicy value);
  [[nodiscard]] PasswordCredential server_credential() const;
  void server_credential(const PasswordCredential& value);
  [[nodiscard]] PasswordCredential proxy_credential() const;
  void proxy_credential(const PasswordCredential& value);
  /// Else that of the environment is used.
  void proxy(lh::ProxySettings value);
  /// The rest, which needs no conversion.
  void edit(const std::function<void(lh::TransferSettings&)>& change);

  /// For an operation that is created now.
  [[nodiscard]] lh::TransferSettings settings() const;

 private:
  mutable std::mutex mutex_;
  lh::TransferSettings settings_;
  PasswordCredential server_credential_ = nullptr;
  PasswordCredential proxy_credential_ = nullptr;
  bool has_proxy_ = false;
};

}  // namespace longhaul::detail
