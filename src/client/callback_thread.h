#pragma once

#include <functional>

namespace lh {

/// Where the handlers and coroutines of apps run: one thread per process, in the order of posting.
/// It exists from the first post to the end of the process, which it never holds up. Any thread.
void run_on_callback_thread(std::function<void()> task);
[[nodiscard]] bool is_callback_thread();

}  // namespace lh
