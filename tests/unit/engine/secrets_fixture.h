#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "unit/engine/engine_fixture.h"

namespace lh::test {

inline Secrets server_login(std::string user, std::string password) {
  Secrets secrets;
  secrets.server = Login{std::move(user), std::move(password)};
  return secrets;
}
inline Secrets proxy_login(std::string user, std::string password) {
  Secrets secrets;
  secrets.proxy = Login{std::move(user), std::move(password)};
  return secrets;
}
inline Secrets secret_headers(HeaderList headers) {
  Secrets secrets;
  secrets.headers = std::move(headers);
  return secrets;
}

/// An EngineTest whose engine is told secrets that the test chooses, and when.
class SecretsEngineTest : public EngineTest {
 protected:
  using Answer = std::function<void(Result<Secrets>)>;

  SecretsEngineTest() {
    engine_ = std::make_unique<CurlEngine>(
        EngineSettings{.user_agent = "longhaul/test", .ca_file = {}}, ops, secret_files_,
        secret_clock_,
        [this](const SecretId& wanted, const Answer& done) {
          asked_.push_back(wanted);
          tell(done);
        },
        [this](Events events) {
          for (auto& happened : events) log.add(std::move(happened.second));
        });
  }
  ~SecretsEngineTest() override { leave(); }

  /// The same with an entry of the secret store.
  [[nodiscard]] TransferPlan with_secret(TransferPlan planned) const {
    planned.secret = secret_id;
    return planned;
  }
  /// Runs it to its end, which is a failure.
  Failure fail(TransferPlan planned) {
    const Event end = run(std::move(planned));
    const auto* failed = std::get_if<event::AttemptFailed>(&end);
    EXPECT_NE(failed, nullptr) << event_name(end);
    return failed == nullptr ? Failure() : failed->failure;
  }
  /// Runs it to its end, which is the whole body.
  void complete(TransferPlan planned) {
    const Event end = run(std::move(planned));
    const auto* failed = std::get_if<event::AttemptFailed>(&end);
    EXPECT_TRUE(std::holds_alternative<event::AttemptCompleted>(end))
        << event_name(end) << (failed == nullptr ? "" : ": " + failed->failure.error.message);
  }
  /// The entries that were asked for. After the end.
  [[nodiscard]] const std::vector<SecretId>& asked() const { return asked_; }

  SecretId secret_id = random_guid();
  /// What is told of any entry.
  Result<Secrets> secrets = Secrets();
  /// How it is told: at once, unless the test has another idea.
  std::function<void(const Answer&)> tell = [this](const Answer& done) { done(secrets); };

 private:
  SystemClock secret_clock_;
  FileThread secret_files_{ops, [](const Events&) {}};
  std::vector<SecretId> asked_;
};

}  // namespace lh::test
