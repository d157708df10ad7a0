// One download through the engine and the file thread alone, without the daemon around them: from
// the request to the renamed and durable file. Usage: bench_engine_get URL FOLDER NAME

#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <variant>

#include "engine/curl_engine.h"
#include "files/file_service.h"
#include "platform/clock.h"
#include "platform/file_ops.h"
#include "platform/system_info.h"

namespace {

using namespace std::chrono_literals;

/// Hands the events of one transfer to the waiting main thread.
class LastEvent {
 public:
  void take(lh::Event event) {
    const std::lock_guard lock(mutex_);
    ++count_;
    if (std::holds_alternative<lh::event::Checkpointed>(event)) ++checkpoints_;
    if (std::holds_alternative<lh::event::ResponseArrived>(event)) return;
    if (std::holds_alternative<lh::event::BytesArrived>(event)) return;
    if (std::holds_alternative<lh::event::Checkpointed>(event)) return;
    event_ = std::move(event);
    there_.notify_one();
  }
  lh::Event wait() {
    std::unique_lock lock(mutex_);
    there_.wait(lock, [this] { return event_.has_value(); });
    return *std::exchange(event_, std::nullopt);
  }
  int count_ = 0;
  int checkpoints_ = 0;

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::optional<lh::Event> event_;
};

int fail(const lh::Event& event) {
  std::string message;
  if (const auto* failed = std::get_if<lh::event::AttemptFailed>(&event)) {
    message = failed->failure.error.message;
  } else if (const auto* file = std::get_if<lh::event::FileFailed>(&event)) {
    message = file->error.message;
  }
  std::fprintf(stderr, "failed: event %zu %s\n", event.index(), message.c_str());
  return 1;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s URL FOLDER NAME\n", argv[0]);
    return 2;
  }
  const lh::SystemClock clock;
  LastEvent last;
  const auto sink = [&last](lh::Events events) {
    for (auto& [id, event] : events) last.take(std::move(event));
  };
  lh::FileThread files(lh::system_file_ops(), sink);
  lh::CurlEngine engine({.user_agent = "longhaul-bench", .ca_file = {}}, lh::system_file_ops(),
                        files, clock, {}, sink);

  const lh::Limits limits;
  lh::TransferPlan plan;
  plan.attempt = 1;
  plan.id = lh::random_guid();
  plan.uri = argv[1];
  plan.method = "GET";
  plan.target = {.folder = argv[2], .file_name = argv[3]};
  plan.connect_timeout = limits.connect_timeout;
  plan.response_timeout = limits.response_timeout;
  plan.stall_timeout = limits.stall_timeout;
  plan.progress_interval = limits.progress_interval;
  plan.checkpoint_interval = limits.checkpoint_interval;
  plan.checkpoint_bytes = limits.checkpoint_bytes;

  const auto begin = std::chrono::steady_clock::now();
  const auto since = [begin] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  engine.start(plan);
  const auto received = last.wait();
  const auto* completed = std::get_if<lh::event::AttemptCompleted>(&received);
  if (completed == nullptr) return fail(received);
  const double received_s = since();

  lh::FileService::Job job{.id = plan.id,
                           .target = plan.target,
                           .file_name = argv[3],
                           .checksum = {},
                           .expected_size = completed->size,
                           .intent = {}};
  files.sync(job);
  const auto synced = last.wait();
  if (!std::holds_alternative<lh::event::FileSynced>(synced)) return fail(synced);
  job.intent = std::get<lh::event::FileSynced>(synced).intent;
  files.commit(job);
  const auto committed = last.wait();
  if (!std::holds_alternative<lh::event::FileCommitted>(committed)) return fail(committed);

  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "received %.2f s, durable %.2f s, user %.2f s, system %.2f s, peak %ld KiB, %d events, %d "
      "checkpoints\n",
      received_s, since(), seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss,
      last.count_, last.checkpoints_);
  return 0;
}
