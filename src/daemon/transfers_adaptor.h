#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "daemon/attachments.h"
#include "daemon/open_batches.h"
#include "daemon/request_body.h"
#include "daemon/status_report.h"
#include "daemon/transfer_manager.h"
#include "files/file_service.h"
#include "files/spool.h"
#include "ipc/codec.h"
#include "ipc_glue/transfers_adaptor.h"
#include "platform/event_loop.h"
#include "platform/log.h"
#include "platform/unique_fd.h"
#include "reach/secret_store.h"

namespace lh {

/// What the answers of one bus object have in common.
struct Answering {
  Attachments& attachments;
  /// A message could not be sent: whoever waits for it, or for what comes after it, waits in vain.
  std::function<void(const sdbus::Error&)> unsent;
  std::atomic<std::size_t> owed = 0;
};

/// The answer of a method whose work goes on after the call: shared, since callbacks must be
/// copyable. The last holder may be on another thread, but answers are given on the main loop, and
/// what was told before them is sent before them. A caller that is gone with its bus needs none.
template <typename... Results>
class Answer {
 public:
  Answer(sdbus::Result<Results...>&& result, std::shared_ptr<Answering> common)
      : result_(std::move(result)), common_(std::move(common)) {
    common_->owed.fetch_add(1);
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() { settle(); }

  void returnResults(const Results&... results) const {
    common_->attachments.flush();
    try {
      result_.returnResults(results...);
    } catch (const sdbus::Error& error) {
      common_->unsent(error);
    }
    settle();
  }
  void returnError(const sdbus::Error& refusal) const {
    common_->attachments.flush();
    try {
      result_.returnError(refusal);
    } catch (const sdbus::Error& error) {
      common_->unsent(error);
    }
    settle();
  }

 private:
  /// Not only when the last holder lets go, which wakes up nobody who waits for it.
  void settle() const {
    if (!std::exchange(settled_, true)) common_->owed.fetch_sub(1);
  }

  sdbus::Result<Results...> result_;
  std::shared_ptr<Answering> common_;
  mutable bool settled_ = false;
};

/// The bus object: decodes, asks the manager, encodes. Trusts no caller: everything is checked
/// again here. Operations are named by id in calls on this one object. Main loop only.
class TransfersAdaptor final
    : public sdbus::AdaptorInterfaces<org::longhaul::Transfers1::Service_adaptor> {
 public:
  struct Parts {
    TransferManager& manager;
    Attachments& attachments;
    FileThread& inquiries;  ///< for what may wait on a disk
    FileThread& spooling;   ///< for what may take minutes
    Spool& spool;           ///< for that thread
    SecretStore& secrets;
    EventLoop& loop;
    const ServiceFacts& service;
  };
  struct Hooks {
    std::function<void()> called;                 ///< any call: the service is not idle
    std::function<void(const std::string&)> met;  ///< a client said hello: watch for its end
    std::function<Result<void>()> reload;
    std::function<void(const sdbus::Error&)> unsent;  ///< a message was lost, and the bus with it
  };

  TransfersAdaptor(sdbus::IConnection& connection, Parts parts, Hooks hooks);
  ~TransfersAdaptor();

  /// Sends Changed to one client.
  void send(const std::string& client, const std::vector<lh::Change>& changes);
  /// The client has left the bus: what it did not finish is dropped.
  void gone(const std::string& client);
  /// Whether a client is putting a batch together.
  [[nodiscard]] bool has_batches() const { return batches_.any(); }
  /// Whether calls were taken that are not answered yet.
  [[nodiscard]] bool owes_answers() const { return answering_->owed > 0; }

 private:
  using Dictionary = std::map<std::string, sdbus::Variant>;

  Dictionary Hello(const std::string& app, const Dictionary& options) override;
  void CreateDownloads(sdbus::Result<std::vector<std::string>>&& result, Dictionary settings,
                       std::vector<sdbus::Struct<std::string, std::string, std::string>> items,
                       bool start) override;
  void CreateUpload(sdbus::Result<std::vector<std::string>>&& result, Dictionary settings,
                    std::string url, bool start) override;
  std::uint64_t BeginBatch() override;
  void EndBatch(sdbus::Result<std::uint64_t>&& result, std::uint64_t batch, bool publish) override;
  void Control(
      sdbus::Result<std::vector<sdbus::Struct<std::string, std::int32_t, std::string>>>&& result,
      std::string verb, std::vector<std::string> ids, Dictionary options) override;
  void Change(sdbus::Result<>&& result, std::string id, Dictionary changes) override;
  void Attach(sdbus::Result<std::vector<WireSnapshot>>&& result,
              std::vector<std::string> ids) override;
  void Detach(const std::vector<std::string>& ids) override;
  void Watch(const bool& on, const bool& all_apps) override;
  void List(sdbus::Result<std::vector<WireSnapshot>>&& result, Dictionary filter,
            std::uint64_t after, std::uint32_t limit) override;
  void Details(sdbus::Result<Dictionary>&& result, std::string id) override;
  void OpenContent(sdbus::Result<sdbus::UnixFd>&& result, std::string id) override;
  void Status(sdbus::Result<Dictionary>&& result) override;
  void Reload() override;

  /// Unique name of the caller of the method that is being handled.
  [[nodiscard]] std::string caller();
  /// The caller's app; throws if it did not say hello.
  [[nodiscard]] std::string caller_app();
  void require_hello() { static_cast<void>(caller_app()); }

  struct Creation;
  void begin_creation(const std::shared_ptr<Creation>& creation, const Dictionary& settings,
                      const std::vector<WireItem>& items);
  void make_folder_for_answer(const std::shared_ptr<Creation>& creation);
  void check_folders(const std::shared_ptr<Creation>& creation);
  void keep_body(const std::shared_ptr<Creation>& creation);
  [[nodiscard]] static Result<KeptBody> keep(Spool& spool, const Creation& creation);
  [[nodiscard]] static Result<KeptBody> keep_content(Spool& spool, const Creation& creation);
  void keep_secrets(const std::shared_ptr<Creation>& creation);
  void create(const std::shared_ptr<Creation>& creation);
  void drop_kept(const Creation& creation);
  void refuse(const Creation& creation, const Error& why);
  void drop_batch(OpenBatches::Number batch);

  struct SecretChange;
  void carry_out(const std::shared_ptr<SecretChange>& change);
  void replace_secrets(const std::shared_ptr<SecretChange>& change,
                       const std::optional<Secrets>& before);
  void finish(const std::shared_ptr<SecretChange>& change);
  void next_secret_change();

  template <typename... Results>
  [[nodiscard]] auto share(sdbus::Result<Results...>&& result) {
    return std::make_shared<Answer<Results...>>(std::move(result), answering_);
  }

  void detach_unknown(const std::string& client, const std::vector<TransferId>& ids,
                      const std::vector<Snapshot>& known);

  /// The file with the bytes of this transfer, as they are told at the moment of `done`.
  /// `not_there`: where it was looked for in vain.
  void open_content(const TransferId& id, std::function<void(Result<UniqueFd>)> done,
                    const std::string& not_there = {});
  void hand_out(const TransferId& id, std::uint32_t restarts,
                const std::shared_ptr<UniqueFd>& content,
                const std::function<void(Result<UniqueFd>)>& done);

  Parts parts_;
  Hooks hooks_;
  OpenBatches batches_;
  std::map<OpenBatches::Number, std::vector<SecretId>> batch_secrets_;
  /// Changes that touch secrets, one at a time: each begins with what the one before has left.
  std::deque<std::shared_ptr<SecretChange>> secret_changes_;
  std::shared_ptr<Answering> answering_;
};

}  // namespace lh
