#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/client_certificate.h"
#include "core/model/secrets.h"
#include "engine/transfer_engine.h"
#include "files/file_service.h"
#include "platform/clock.h"

namespace lh {

/// What all attempts share; from the configuration.
struct EngineSettings {
  std::string user_agent;
  std::string ca_file;  ///< empty: the system's store
  std::string min_tls = "1.2";
  std::string crl_file{};  ///< revoked certificates; empty: not looked at
  std::vector<ClientCertificate> client_certificates{};
};

/// Where the engine asks for an operation's secrets; calls back once, on any thread.
using SecretSource = std::function<void(const SecretId&, std::function<void(Result<Secrets>)>)>;

/// The engine on libcurl's multi interface, with a thread of its own. Bytes go from the socket's
/// buffer to the partial file on that thread; syncs run on the file thread. Sleeps without a
/// wake-up while it has no attempt.
class CurlEngine final : public TransferEngine {
 public:
  CurlEngine(EngineSettings settings, FileOps& ops, FileThread& files, const Clock& clock,
             SecretSource secrets, EventSink sink);
  ~CurlEngine() override;  ///< stops every attempt without events

  void start(TransferPlan plan) override;
  void stop(AttemptId attempt) override;
  void cancel(AttemptId attempt) override;
  void proceed(AttemptId attempt) override;
  void give_up(TransferPlan plan) override;
  /// For attempts that start from now on.
  void set_settings(EngineSettings settings);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lh
