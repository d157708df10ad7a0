#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "client/kept_answer.h"
#include "client/news.h"
#include "client/service_connection.h"
#include "platform/unique_fd.h"

namespace lh {

/// Reads the bytes of a download, or of the answer to an upload, in order while they arrive (R81,
/// R82, R99): through a descriptor of the service's file, not further than the service says. Any
/// thread; one reader at a time.
class ContentFollower final : public NewsListener,
                              public std::enable_shared_from_this<ContentFollower> {
 public:
  /// What a read came to: bytes; or none because there are none yet, because those that are there
  /// are being opened, because of the end or an error.
  struct Outcome {
    enum class Kind { Bytes, NotYet, Opening, End, Failed };
    Kind kind = Kind::NotYet;
    std::size_t bytes = 0;
    TransferError error;
  };

  /// What this program has kept of an upload that has ended; null: nothing. It may be asked later,
  /// on any thread.
  using Kept = std::function<std::shared_ptr<const KeptAnswer>()>;

  ContentFollower(std::shared_ptr<ServiceConnection> connection, Snapshot snapshot,
                  std::uint64_t position, Kept kept = {});
  ~ContentFollower() override;

  /// Begins to follow; call once it is owned by a shared_ptr.
  void follow();
  /// Asks the service for the descriptor and waits for the answer, and until it is told how the
  /// operation stands; throws for one that does not exist. After follow().
  void open_and_wait();

  [[nodiscard]] Outcome try_read(std::span<std::uint8_t> buffer);
  /// Calls `task` once, on the connection's thread, when another try may come to something else.
  void when_changed(std::function<void()> task);
  /// Waits until another try may come to something else.
  void wait_for_change();
  /// Reads fail from now on as canceled.
  void close();

  void on_news(const Change& change) override;
  void on_lost(const TransferId& id, const TransferError& why) override;

 private:
  using Opened = Answer<std::tuple<sdbus::UnixFd>>;

  [[nodiscard]] Outcome fail(TransferError error);
  [[nodiscard]] bool open_result();
  [[nodiscard]] bool take_kept();
  [[nodiscard]] ssize_t read_content(std::span<std::uint8_t> into) const;
  void ask_for_content();
  void take_content(Opened opened);
  void changed(std::unique_lock<std::mutex> lock);

  const std::shared_ptr<ServiceConnection> connection_;
  const TransferId id_;
  const Kept kept_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t changes_ = 0;       ///< counts what may change the outcome of a read
  std::uint64_t seen_changes_ = 0;  ///< at the last try
  Snapshot snapshot_;
  bool is_told_ = false;  ///< by the service, since follow()
  std::uint64_t position_ = 0;
  UniqueFd content_;
  std::shared_ptr<const KeptAnswer> answer_;  ///< instead of `content_`
  bool has_read_ = false;
  bool asking_ = false;
  bool asked_at_the_end_ = false;
  bool is_refused_ = false;  ///< there was no content, and there has been no news since
  std::optional<TransferError> failure_;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace lh
