#include "client/content_follower.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <utility>

#include "core/model/web_error.h"

namespace lh {
namespace {

TransferError failure(HResult hresult, std::string message) {
  TransferError error;
  error.hresult = hresult;
  error.message = std::move(message);
  return error;
}

TransferError end_error(const Snapshot& snapshot) {
  if (snapshot.status == BackgroundTransferStatus::Canceled) {
    return failure(hr::kCanceled, "the transfer was canceled");
  }
  return snapshot.error ? *snapshot.error : failure(hr::kFail, "the transfer failed");
}

}  // namespace

ContentFollower::ContentFollower(std::shared_ptr<ServiceConnection> connection, Snapshot snapshot,
                                 std::uint64_t position, Kept kept)
    : connection_(std::move(connection)),
      id_(snapshot.id),
      kept_(std::move(kept)),
      snapshot_(std::move(snapshot)),
      position_(position) {}

ContentFollower::~ContentFollower() {
  connection_->detach({id_}, this);
}

void ContentFollower::follow() {
  if (has_ended(snapshot_.status)) return;
  connection_->attach({id_}, weak_from_this(),
                      [weak = weak_from_this()](const Answer<std::vector<Snapshot>>& found) {
                        const auto self = weak.lock();
                        if (!self) return;
                        if (!found) return self->on_lost(self->id_, found.error);
                        if (found.value->empty()) {
                          return self->on_lost(self->id_,
                                               failure(hr::kNotFound, "there is no such transfer"));
                        }
                        Change change;
                        change.snapshot = found.value->front();
                        self->on_news(change);
                      });
}

void ContentFollower::open_and_wait() {
  auto answered = std::make_shared<std::promise<std::optional<TransferError>>>();
  // On the connection's thread, so that the answer is taken before the news that follow it.
  std::function<void(Opened)> done = [self = shared_from_this(), answered](Opened opened) {
    const std::optional<TransferError> error = opened ? std::nullopt : std::optional(opened.error);
    self->take_content(std::move(opened));
    answered->set_value(error);
  };
  connection_->call<sdbus::UnixFd>("OpenContent", Repeat::Safe, std::move(done), id_.to_string());
  const auto error = answered->get_future().get();
  if (error && (error->hresult == hr::kNotFound || error->kind == ErrorKind::Unavailable)) {
    throw_error(*error);
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_told_ || failure_; });
}

ContentFollower::Outcome ContentFollower::fail(TransferError error) {
  return {Outcome::Kind::Failed, 0, std::move(error)};
}

ContentFollower::Outcome ContentFollower::try_read(std::span<std::uint8_t> buffer) {
  const std::lock_guard lock(mutex_);
  seen_changes_ = changes_;
  if (failure_) return fail(*failure_);
  if (position_ < snapshot_.bytes_received && !buffer.empty()) {
    if (!content_ && !answer_ && !open_result()) {
      if (is_refused_) return {};
      ask_for_content();
      return {Outcome::Kind::Opening, 0, {}};
    }
    const std::size_t count =
        std::min<std::uint64_t>(buffer.size(), snapshot_.bytes_received - position_);
    const ssize_t got = read_content(buffer.first(count));
    if (got < 0) {
      return fail(to_transfer_error(file_error(errno, "read", snapshot_.file)));
    }
    if (got > 0) {
      position_ += static_cast<std::uint64_t>(got);
      has_read_ = true;
      return {Outcome::Kind::Bytes, static_cast<std::size_t>(got), {}};
    }
    // Shorter than it should be.
    if (has_ended(snapshot_.status)) {
      return fail(to_transfer_error(file_error(EIO, "read to the end of", snapshot_.file)));
    }
    return {};
  }
  if (!has_ended(snapshot_.status)) return {};
  // R99: also an error has an answer, which can be read.
  const bool is_answer = snapshot_.kind == TransferKind::Upload && snapshot_.http_status &&
                         snapshot_.status == BackgroundTransferStatus::Error;
  const bool is_whole = snapshot_.status == BackgroundTransferStatus::Completed;
  if (is_whole || is_answer) return {Outcome::Kind::End, 0, {}};
  return fail(end_error(snapshot_));
}

ssize_t ContentFollower::read_content(std::span<std::uint8_t> into) const {
  if (answer_) return answer_->read(into, position_);
  ssize_t got = 0;
  do {
    got = ::pread(content_.get(), into.data(), into.size(), static_cast<off_t>(position_));
  } while (got < 0 && errno == EINTR);
  return got;
}

bool ContentFollower::take_kept() {
  if (kept_ && has_answer(snapshot_)) answer_ = kept_();
  return answer_ != nullptr;
}

/// A finished download is its result file; the service may have forgotten it already. The file of
/// an upload is what was sent, and never its result.
bool ContentFollower::open_result() {
  if (snapshot_.kind == TransferKind::Upload) return take_kept();
  if (snapshot_.status != BackgroundTransferStatus::Completed) return false;
  content_.reset(::open(snapshot_.file.c_str(), O_RDONLY | O_CLOEXEC));
  return static_cast<bool>(content_);
}

void ContentFollower::ask_for_content() {
  if (asking_) return;
  asking_ = true;
  asked_at_the_end_ = has_ended(snapshot_.status);
  std::function<void(Opened)> done = [weak = weak_from_this()](Opened opened) {
    if (const auto self = weak.lock()) self->take_content(std::move(opened));
  };
  connection_->call<sdbus::UnixFd>("OpenContent", Repeat::Safe, std::move(done), id_.to_string());
}

void ContentFollower::take_content(Opened opened) {
  std::unique_lock lock(mutex_);
  asking_ = false;
  if (opened) {
    content_.reset(std::get<0>(*opened.value).release());
  } else if (take_kept()) {
    // It was seen to its end, and forgotten, while we asked.
  } else if (asked_at_the_end_) {
    const bool has_content =
        snapshot_.status == BackgroundTransferStatus::Completed || has_answer(snapshot_);
    failure_ = has_content ? opened.error : end_error(snapshot_);
  } else {
    is_refused_ = !has_ended(snapshot_.status);  // there is none yet; news will tell
  }
  changed(std::move(lock));
}

void ContentFollower::when_changed(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (changes_ == seen_changes_) {
      waiting_.push_back(std::move(task));
      return;
    }
  }
  task();
}

void ContentFollower::wait_for_change() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return changes_ != seen_changes_; });
}

void ContentFollower::changed(std::unique_lock<std::mutex> lock) {
  ++changes_;
  const auto waiting = std::exchange(waiting_, {});
  lock.unlock();
  changed_.notify_all();
  for (const auto& task : waiting) task();
}

void ContentFollower::close() {
  std::unique_lock lock(mutex_);
  if (!failure_) failure_ = failure(hr::kClosed, "the stream is closed");
  content_.reset();
  answer_.reset();
  changed(std::move(lock));
}

void ContentFollower::on_news(const Change& change) {
  std::unique_lock lock(mutex_);
  if (failure_ || has_ended(snapshot_.status)) return;
  // Old and new bytes never mix (R82).
  if (change.restarted) {
    content_.reset();
    if (has_read_) {
      failure_ = failure(hr::kInvalidOperation,
                         "the download has restarted from the beginning; open another stream");
    }
  }
  snapshot_ = change.snapshot;
  is_told_ = true;
  is_refused_ = false;
  changed(std::move(lock));
}

void ContentFollower::on_lost(const TransferId& /*id*/, const TransferError& why) {
  std::unique_lock lock(mutex_);
  if (failure_ || has_ended(snapshot_.status)) return;
  failure_ = why;
  changed(std::move(lock));
}

}  // namespace lh
