#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/kept_answer.h"
#include "client/news.h"
#include "client/operation_async.h"
#include "client/service_connection.h"
#include "core/model/snapshot.h"
#include "ipc/codec.h"
#include "longhaul/background_transfer_types.h"
#include "longhaul/foundation/collections.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/foundation/uri.h"
#include "longhaul/response_information.h"
#include "longhaul/storage/input_stream.h"
#include "longhaul/storage/storage_file.h"
#include "longhaul/web_error_status.h"

namespace longhaul::detail {

/// The one state behind every handle of an operation in this process, download or upload: the last
/// snapshot, the asynchronous objects that wait for its end, and what is known of the response.
/// Getters answer from it at once; calls that change something wait for the service. Any thread,
/// but the NewsListener part, which belongs to the connection's.
class OperationCore final : public lh::NewsListener,
                            public std::enable_shared_from_this<OperationCore> {
 public:
  /// The core of that operation, which is made if there is none in this process.
  [[nodiscard]] static std::shared_ptr<OperationCore> of(
      const std::shared_ptr<lh::ServiceConnection>& connection, lh::Snapshot snapshot);
  ~OperationCore() override;

  /// `async` ends with the operation. See start() and attach() in operation_async.h.
  void start(const AsyncPtr& async);
  void attach(const AsyncPtr& async);
  void pause();
  void resume();
  void change(lh::ChangeRequest request);
  void priority(BackgroundTransferPriority value);
  void cost_policy(BackgroundTransferCostPolicy value);
  void set_request_header(const hstring& name, const hstring& value);
  void remove_request_header(const hstring& name);

  [[nodiscard]] lh::Snapshot snapshot() const;
  /// Of an upload; that of a download is a part of it.
  [[nodiscard]] BackgroundUploadProgress progress();
  [[nodiscard]] Uri requested_uri() const;
  [[nodiscard]] IVector<WebErrorStatus> recoverable();
  /// Result or source; null where there is none.
  [[nodiscard]] IStorageFile file() const { return file_; }
  [[nodiscard]] ResponseInformation response() const;
  void set_response(const lh::Details& details);
  [[nodiscard]] IInputStream result_stream_at(std::uint64_t position);
  [[nodiscard]] const std::shared_ptr<lh::ServiceConnection>& connection() const {
    return connection_;
  }

  void on_news(const lh::Change& change) override;
  void on_lost(const lh::TransferId& id, const lh::TransferError& why) override;

 private:
  /// News, and what the service is asked for before it is told.
  struct News {
    lh::Change change;
    std::optional<lh::Details> details;  ///< the response that belongs to it
    std::shared_ptr<const lh::KeptAnswer> answer;
    int questions = 0;  ///< not answered yet
  };
  /// Those of the last news (R27, R28).
  struct Flags {
    bool response_changed = false;
    bool restarted = false;
  };
  class ReportScope;

  OperationCore(std::shared_ptr<lh::ServiceConnection> connection, lh::Snapshot snapshot);

  [[nodiscard]] lh::Snapshot attach_to_service();
  void prepare(const AsyncPtr& async);
  void wait_in(const AsyncPtr& async);
  void forget_waiting(const AsyncPtr& async);
  void keep_answer_of(const lh::Snapshot& ended);
  [[nodiscard]] std::shared_ptr<const lh::KeptAnswer> answer() const;
  void refresh(const lh::Snapshot& snapshot);
  void control(const char* verb);
  void cancel();
  void collect();
  void follow_in_background();
  void stop_following();
  /// The service has made this change; news that still wait here are older.
  void on_changed(const lh::ChangeRequest& request);
  void fetch_details(const std::shared_ptr<News>& news);
  void fetch_answer(const std::shared_ptr<News>& news);
  void answered(News& news);
  void apply_ready_news();
  void apply(const News& news);
  void report(Flags flags, bool plain);
  void call_handlers(const std::vector<AsyncPtr>& waiting, Flags flags);
  void finish(const lh::Snapshot& last);
  static void keep_order(const std::vector<AsyncPtr>& ending);
  static void drop_handlers(std::vector<AsyncPtr> ended);

  const std::shared_ptr<lh::ServiceConnection> connection_;
  const lh::TransferId id_;
  const IStorageFile file_;

  mutable std::mutex mutex_;
  lh::Snapshot snapshot_;
  mutable std::pair<std::string, Uri> uri_{
      {}, nullptr};  ///< of the snapshot that was last asked for it
  Flags flags_;
  ResponseInformation response_;
  std::shared_ptr<const lh::KeptAnswer> answer_;  ///< of an upload that has ended
  std::vector<AsyncPtr> waiting_;                 ///< for the end
  std::shared_ptr<OperationCore> self_;           ///< while somebody waits
  bool start_asked_ = false;
  bool attached_ = false;

  std::atomic<bool> plain_report_queued_{false};
  std::atomic<bool> collected_{false};

  // On the connection's thread.
  std::vector<std::shared_ptr<News>> news_;  ///< in order; the first may wait for answers
};

}  // namespace longhaul::detail
