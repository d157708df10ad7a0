#include "client/quiet_thread.h"

#include <signal.h>

#include <system_error>
#include <thread>
#include <utility>

#include <pthread.h>

namespace lh {

void start_quiet_thread(const char* name, std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread([name, body = std::move(body)]() noexcept {
      pthread_setname_np(pthread_self(), name);
      body();
    }).detach();
  } catch (const std::system_error&) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace lh
