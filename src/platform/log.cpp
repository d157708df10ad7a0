#include "platform/log.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "platform/unique_fd.h"

namespace lh {
namespace {

constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

/// The transfer that the line being written is about; spdlog's messages have no room for it.
thread_local std::string_view current_transfer;

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Trace:
      return spdlog::level::trace;
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// As syslog numbers them.
char journal_priority(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return '3';
  if (level == spdlog::level::warn) return '4';
  return level == spdlog::level::info ? '6' : '7';
}

/// Writes to the journal in its native protocol: one datagram of KEY=value lines per entry.
class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  JournalSink() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    address_.sun_family = AF_UNIX;
    std::strncpy(address_.sun_path, kJournalSocket, sizeof address_.sun_path - 1);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view line(message.payload.data(), message.payload.size());
    const char priority = journal_priority(message.level);
    std::string entry = "SYSLOG_IDENTIFIER=longhauld\nPRIORITY=";
    entry += priority;
    entry.append("\nMESSAGE=").append(line).append("\n");
    if (!current_transfer.empty()) entry.append("LONGHAUL_ID=").append(current_transfer) += '\n';
    const auto* to = reinterpret_cast<const sockaddr*>(&address_);  // NOLINT: as sockets want it
    if (::sendto(socket_.get(), entry.data(), entry.size(), MSG_NOSIGNAL, to, sizeof address_) >=
        0) {
      return;
    }
    // The journal reads standard error too, and takes the level from the prefix.
    entry.assign({'<', priority, '>'}).append(line) += '\n';
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, entry.data(), entry.size());
  }
  void flush_() override {}

 private:
  UniqueFd socket_;
  sockaddr_un address_{};
};

/// JOURNAL_STREAM names device and inode of the stream that systemd connected. It is inherited, so
/// only standard error itself tells whether it is still that stream.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct ::stat info{};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &info) != 0) return false;
  return stream == std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

std::atomic<std::shared_ptr<spdlog::logger>>& current_logger() {
  static std::atomic<std::shared_ptr<spdlog::logger>> logger;
  return logger;
}

/// One line, whatever a server or a file name put into it.
std::string printable(std::string_view line, std::string_view transfer_id) {
  std::string text;
  if (!transfer_id.empty() && line.find(transfer_id) == std::string_view::npos) {
    text.append(transfer_id).append(": ");
  }
  text.append(line);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

}  // namespace

void start_log(LogLevel level) {
  spdlog::sink_ptr sink;
  if (stderr_is_journal()) {
    sink = std::make_shared<JournalSink>();
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    sink->set_pattern("%Y-%m-%d %H:%M:%S.%e %-7l %v");
  }
  // Not registered with spdlog: the program that uses the library may have a registry of its own.
  auto logger = std::make_shared<spdlog::logger>("longhaul", std::move(sink));
  logger->set_level(to_spdlog(level));
  current_logger() = std::move(logger);
}

void set_log_level(LogLevel level) {
  if (const auto logger = current_logger().load()) logger->set_level(to_spdlog(level));
}

bool log_enabled(LogLevel level) {
  const auto logger = current_logger().load();
  return logger && logger->should_log(to_spdlog(level));
}

void log(LogLevel level, std::string_view line, std::string_view transfer_id) {
  const auto logger = current_logger().load();
  if (!logger || !logger->should_log(to_spdlog(level))) return;
  current_transfer = transfer_id;
  logger->log(to_spdlog(level), spdlog::string_view_t(printable(line, transfer_id)));
  current_transfer = {};
}

}  // namespace lh
