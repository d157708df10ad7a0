#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/news.h"
#include "client/service_connection.h"
#include "core/model/snapshot.h"
#include "ipc/codec.h"
#include "longhaul/download_operation.h"

namespace longhaul::detail {

/// What a ResponseInformation shows.
struct ResponseData {
  std::uint32_t status = 0;
  bool resumable = false;
  hstring uri;
  IMapView<hstring, hstring> headers;
};

/// The one state behind every handle of an operation in this process: the last snapshot, the
/// asynchronous objects that wait for its end, and what is known of the response. Getters answer
/// from it at once; calls that change something wait for the service. Any thread, but the
/// NewsListener part, which belongs to the connection's.
class OperationCore final : public lh::NewsListener,
                            public std::enable_shared_from_this<OperationCore> {
 public:
  using Async = IAsyncOperationWithProgress<DownloadOperation, DownloadOperation>;

  /// The core of that operation, which is made if there is none in this process.
  [[nodiscard]] static std::shared_ptr<OperationCore> of(
      const std::shared_ptr<lh::ServiceConnection>& connection, lh::Snapshot snapshot);
  ~OperationCore() override;

  [[nodiscard]] Async start();
  [[nodiscard]] Async attach();
  void pause();
  void resume();
  void change(lh::ChangeRequest request);

  [[nodiscard]] lh::Snapshot snapshot() const;
  [[nodiscard]] BackgroundDownloadProgress progress();
  [[nodiscard]] Uri requested_uri() const;
  [[nodiscard]] IVector<WebErrorStatus> recoverable();
  [[nodiscard]] IStorageFile result_file() const { return file_; }
  [[nodiscard]] ResponseInformation response() const;
  void set_response(const lh::Details& details);
  [[nodiscard]] const std::shared_ptr<lh::ServiceConnection>& connection() const {
    return connection_;
  }

  void on_news(const lh::Change& change) override;
  void on_lost(const lh::TransferId& id, const lh::TransferError& why) override;

 private:
  using State = AsyncProgressState<DownloadOperation, DownloadOperation>;
  using StatePtr = std::shared_ptr<State>;
  /// News and the response that belongs to it.
  struct News {
    lh::Change change;
    std::optional<lh::Details> details;
    bool waits_for_details = false;
  };

  OperationCore(std::shared_ptr<lh::ServiceConnection> connection, lh::Snapshot snapshot);

  [[nodiscard]] lh::Snapshot attach_to_service();
  [[nodiscard]] StatePtr make_async();
  void wait_in(const StatePtr& async);
  void forget_waiting(const StatePtr& async);
  void refresh(const lh::Snapshot& snapshot);
  void control(const char* verb);
  void cancel();
  void collect();
  void follow_in_background();
  void stop_following();
  /// The service has made this change; news that still wait here are older.
  void on_changed(const lh::ChangeRequest& request);
  void fetch_details(std::shared_ptr<News> news);
  void apply_ready_news();
  void apply(const News& news);
  void report(const BackgroundDownloadProgress& progress, bool plain);
  void call_handlers(const std::vector<StatePtr>& waiting,
                     const BackgroundDownloadProgress& progress);
  void finish(const lh::Snapshot& last);
  static void keep_order(const std::vector<StatePtr>& ending);
  static void drop_handlers(std::vector<StatePtr> ended);

  const std::shared_ptr<lh::ServiceConnection> connection_;
  const lh::TransferId id_;
  const IStorageFile file_;

  mutable std::mutex mutex_;
  lh::Snapshot snapshot_;
  mutable std::pair<std::string, Uri> uri_{
      {}, nullptr};  ///< of the snapshot that was last asked for it
  BackgroundDownloadProgress progress_;
  ResponseInformation response_;
  std::vector<StatePtr> waiting_;        ///< for the end
  std::shared_ptr<OperationCore> self_;  ///< while somebody waits
  bool start_asked_ = false;
  bool attached_ = false;

  std::atomic<bool> plain_report_queued_{false};
  std::atomic<bool> collected_{false};

  // On the connection's thread.
  std::vector<std::shared_ptr<News>> news_;  ///< in order; the first may wait for its details
};

}  // namespace longhaul::detail

namespace lh {

/// What the app's thread is handed with each report.
[[nodiscard]] longhaul::BackgroundDownloadProgress progress_of(const Snapshot& snapshot);

}  // namespace lh
