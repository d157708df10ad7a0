#include "client/result_stream.h"

#include <mutex>
#include <span>
#include <utility>

#include "client/callback_thread.h"

namespace lh {
namespace {

using longhaul::hresult;
using longhaul::hstring;
using longhaul::IBuffer;
using longhaul::InputStreamOptions;
using ReadAsync = longhaul::IAsyncOperationWithProgress<IBuffer, std::uint32_t>;
using ReadState = longhaul::detail::AsyncProgressState<IBuffer, std::uint32_t>;

/// One ReadAsync: tries again whenever there is news, until it has enough.
class PendingRead : public std::enable_shared_from_this<PendingRead> {
 public:
  PendingRead(std::shared_ptr<ContentFollower> content, IBuffer buffer, std::uint32_t count,
              bool partial)
      : content_(std::move(content)), buffer_(std::move(buffer)), count_(count), partial_(partial) {
    buffer_.Length(0);
  }

  [[nodiscard]] const std::shared_ptr<ReadState>& async() const { return async_; }

  void go_on() {
    while (!async_->has_ended()) {
      if (filled_ == count_ || (partial_ && filled_ > 0)) return complete();
      const auto outcome =
          content_->try_read(std::span<std::uint8_t>(buffer_.data() + filled_, count_ - filled_));
      switch (outcome.kind) {
        case ContentFollower::Outcome::Kind::Bytes:
          filled_ += static_cast<std::uint32_t>(outcome.bytes);
          break;
        case ContentFollower::Outcome::Kind::End:
          return complete();
        case ContentFollower::Outcome::Kind::Failed:
          async_->end_failed(hresult(outcome.error.hresult), hstring(outcome.error.message));
          return;
        case ContentFollower::Outcome::Kind::NotYet:
        case ContentFollower::Outcome::Kind::Opening:
          content_->when_changed([self = shared_from_this()] { self->go_on(); });
          return;
      }
    }
  }

 private:
  void complete() {
    buffer_.Length(filled_);
    async_->complete(buffer_);
  }

  std::shared_ptr<ReadState> async_ = std::make_shared<ReadState>(run_on_callback_thread);
  std::shared_ptr<ContentFollower> content_;
  IBuffer buffer_;
  const std::uint32_t count_;
  const bool partial_;
  std::uint32_t filled_ = 0;
};

class ResultStream final : public longhaul::detail::InputStreamSource {
 public:
  explicit ResultStream(std::shared_ptr<ContentFollower> content) : content_(std::move(content)) {}

  ReadAsync read(const IBuffer& buffer, std::uint32_t count, InputStreamOptions options) override {
    const bool partial = (options & InputStreamOptions::Partial) == InputStreamOptions::Partial;
    auto pending = std::make_shared<PendingRead>(content_, buffer, count, partial);
    {
      const std::lock_guard lock(mutex_);
      if (reading_ && !reading_->has_ended()) {
        throw longhaul::hresult_illegal_method_call(L"the stream is being read");
      }
      reading_ = pending->async();
    }
    pending->go_on();
    return ReadAsync(pending->async());
  }

  void close() override {
    content_->close();
    const std::lock_guard lock(mutex_);
    if (reading_) reading_->end_canceled();
  }

 private:
  std::shared_ptr<ContentFollower> content_;
  std::mutex mutex_;
  std::shared_ptr<ReadState> reading_;
};

}  // namespace

longhaul::IInputStream open_result_stream(const std::shared_ptr<ServiceConnection>& connection,
                                          const Snapshot& snapshot, std::uint64_t position,
                                          ContentFollower::Kept kept) {
  auto content = std::make_shared<ContentFollower>(connection, snapshot, position, std::move(kept));
  content->follow();
  return longhaul::IInputStream(std::make_shared<ResultStream>(std::move(content)));
}

}  // namespace lh
