#pragma once

#include <functional>

namespace lh {

/// A detached thread of the library in a foreign process: every signal blocked, since those of the
/// app are for the app's threads. `name` has at most 15 characters. Throws std::system_error.
void start_quiet_thread(const char* name, std::function<void()> body);

}  // namespace lh
