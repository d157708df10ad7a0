#pragma once

#include <string_view>

namespace lh {

enum class LogLevel { Trace, Debug, Info, Warning, Error };

/// Sends log lines to the journal when standard error is connected to it (JOURNAL_STREAM), else to
/// standard error. Before it nothing is logged: a program that uses the library stays quiet.
void start_log(LogLevel level);
void set_log_level(LogLevel level);
/// One line, any thread; control characters become '?'. `transfer_id` goes before it and into the
/// journal's field LONGHAUL_ID. Never secrets, query strings or header values.
void log(LogLevel level, std::string_view line, std::string_view transfer_id = {});
[[nodiscard]] bool log_enabled(LogLevel level);

}  // namespace lh
