#include "client/callback_thread.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "client/quiet_thread.h"

namespace lh {
namespace {

thread_local bool this_is_it = false;

struct Queue {
  std::mutex mutex;
  std::condition_variable filled;
  std::deque<std::function<void()>> tasks;
  bool running = false;
};

/// Never destroyed: the thread may use it while the process is ending.
Queue& queue() {
  static Queue* const instance = new Queue;
  return *instance;
}

void run() {
  this_is_it = true;
  Queue& work = queue();
  while (true) {
    std::function<void()> task;
    {
      std::unique_lock lock(work.mutex);
      work.filled.wait(lock, [&work] { return !work.tasks.empty(); });
      task = std::move(work.tasks.front());
      work.tasks.pop_front();
    }
    task();
  }
}

}  // namespace

void run_on_callback_thread(std::function<void()> task) {
  Queue& work = queue();
  {
    const std::lock_guard lock(work.mutex);
    work.tasks.push_back(std::move(task));
    if (!work.running) {
      start_quiet_thread("longhaul-calls", run);
      work.running = true;
    }
  }
  work.filled.notify_one();
}

bool is_callback_thread() {
  return this_is_it;
}

}  // namespace lh
