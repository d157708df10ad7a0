// Many small downloads through the engine and the file thread alone, all durable at the end.
// Usage: bench_engine_many URL_PREFIX COUNT RUNNING FOLDER      fetches URL_PREFIX0, URL_PREFIX1 …

#include <sys/resource.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <unordered_map>
#include <variant>

#include "engine/curl_engine.h"
#include "files/file_service.h"
#include "platform/clock.h"
#include "platform/file_ops.h"
#include "platform/system_info.h"

namespace {

/// Events of all transfers for the main thread.
class Queue {
 public:
  using Item = std::pair<lh::TransferId, lh::Event>;
  void push(const lh::TransferId& id, lh::Event event) {
    const std::lock_guard lock(mutex_);
    items_.emplace_back(id, std::move(event));
    there_.notify_one();
  }
  std::vector<Item> take_all() {
    std::unique_lock lock(mutex_);
    there_.wait(lock, [this] { return !items_.empty(); });
    return std::exchange(items_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::vector<Item> items_;
};

class Run {
 public:
  Run(std::string prefix, std::size_t count, std::string folder)
      : prefix_(std::move(prefix)),
        folder_(std::move(folder)),
        left_(count),
        count_(count),
        files_(lh::system_file_ops(), sink()),
        engine_({.user_agent = "longhaul-bench", .ca_file = {}}, lh::system_file_ops(), files_,
                clock_, {}, sink()) {}

  int go(std::size_t running) {
    while (next_ < count_ && next_ < running) start_next();
    while (left_ > 0) {
      for (auto& [id, event] : queue_.take_all()) {
        if (!handle(id, event)) {
          std::fprintf(stderr, "failed: event %zu\n", event.index());
          return 1;
        }
      }
    }
    return 0;
  }

 private:
  lh::FileService::EventSink sink() {
    return [this](lh::Events events) {
      for (auto& [id, event] : events) queue_.push(id, std::move(event));
    };
  }
  void start_next() {
    const lh::Limits limits;
    const std::string name = std::to_string(next_++);
    lh::TransferPlan plan;
    plan.attempt = next_;
    plan.id = lh::random_guid();
    plan.uri = prefix_ + name;
    plan.method = "GET";
    plan.target = {.folder = folder_, .file_name = name};
    plan.connect_timeout = limits.connect_timeout;
    plan.response_timeout = limits.response_timeout;
    plan.stall_timeout = limits.stall_timeout;
    plan.progress_interval = limits.progress_interval;
    plan.checkpoint_interval = limits.checkpoint_interval;
    plan.checkpoint_bytes = limits.checkpoint_bytes;
    auto& job = jobs_[plan.id];
    job.id = plan.id;
    job.target = plan.target;
    job.file_name = name;
    engine_.start(std::move(plan));
  }
  bool handle(const lh::TransferId& id, const lh::Event& event) {
    if (const auto* completed = std::get_if<lh::event::AttemptCompleted>(&event)) {
      if (next_ < count_) start_next();
      jobs_[id].expected_size = completed->size;
      files_.sync(jobs_[id]);
    } else if (const auto* synced = std::get_if<lh::event::FileSynced>(&event)) {
      jobs_[id].intent = synced->intent;
      files_.commit(jobs_[id]);
    } else if (std::holds_alternative<lh::event::FileCommitted>(event)) {
      jobs_.erase(id);
      --left_;
    } else {
      return std::holds_alternative<lh::event::ResponseArrived>(event) ||
             std::holds_alternative<lh::event::BytesArrived>(event);
    }
    return true;
  }

  std::string prefix_;
  std::string folder_;
  std::size_t left_;
  std::size_t count_;
  std::size_t next_ = 0;
  std::unordered_map<lh::TransferId, lh::FileService::Job> jobs_;
  Queue queue_;
  lh::SystemClock clock_;
  lh::FileThread files_;
  lh::CurlEngine engine_;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s URL_PREFIX COUNT RUNNING FOLDER\n", argv[0]);
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  int result = 0;
  {
    Run run(argv[1], std::strtoul(argv[2], nullptr, 10), argv[4]);
    result = run.go(std::strtoul(argv[3], nullptr, 10));
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("durable %.2f s, user %.2f s, system %.2f s, peak %ld KiB\n", wall.count(),
              seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss);
  return result;
}
