#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "engine/curl_engine.h"
#include "platform/clock.h"
#include "platform/system_info.h"
#include "unit/engine/scripted_server.h"
#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

namespace lh::test {

/// Everything the engine has said, in order; waits with a deadline.
class EventLog {
 public:
  void add(Event event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    more_.notify_all();
  }
  /// The first event for which `wanted` is true, which may have come already.
  template <typename Wanted>
  std::optional<Event> wait_for(const Wanted& wanted) {
    std::unique_lock lock(mutex_);
    std::optional<Event> found;
    more_.wait_for(lock, std::chrono::seconds(20), [&] {
      for (const auto& event : events_) {
        if (!found && wanted(event)) found = event;
      }
      return found.has_value();
    });
    return found;
  }
  template <typename T>
  std::optional<T> wait_for() {
    const auto event =
        wait_for([](const Event& candidate) { return std::holds_alternative<T>(candidate); });
    return event ? std::optional(std::get<T>(*event)) : std::nullopt;
  }
  [[nodiscard]] std::vector<Event> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  template <typename T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& event : events()) {
      if (const auto* one = std::get_if<T>(&event)) found.push_back(*one);
    }
    return found;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& event : events()) names.emplace_back(event_name(event));
    return names;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::vector<Event> events_;
};

/// Answers with the beginning of a body and then says nothing more.
inline void begin_and_hold(const ScriptedServer::Connection& connection,
                           const std::string& /*request*/) {
  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
  connection.hold();
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline bool is_end(const Event& event) {
  return std::holds_alternative<event::AttemptCompleted>(event) ||
         std::holds_alternative<event::AttemptStopped>(event) ||
         std::holds_alternative<event::AttemptFailed>(event) ||
         std::holds_alternative<event::AttemptRefusedRange>(event) ||
         std::holds_alternative<event::AttemptDiskFull>(event);
}

/// A CurlEngine with a folder of its own and file calls that can be made to fail.
class EngineTest : public ::testing::Test {
 protected:
  EngineTest()
      : files_(std::make_unique<FileThread>(ops, [](const Events&) {})),
        engine_(std::make_unique<CurlEngine>(
            EngineSettings{.user_agent = "longhaul/test", .ca_file = {}}, ops, *files_, clock_,
            [](const SecretId&, const std::function<void(Result<Secrets>)>& done) {
              done(Secrets());
            },
            [this](Events events) {
              for (auto& happened : events) log.add(std::move(happened.second));
            })) {}

  [[nodiscard]] TransferPlan plan(const std::string& url) const {
    TransferPlan plan;
    plan.attempt = 7;
    plan.id = id;
    plan.uri = url;
    plan.method = "GET";
    plan.target.folder = folder.path();
    plan.connect_timeout = std::chrono::seconds(20);
    plan.response_timeout = std::chrono::seconds(20);
    plan.stall_timeout = std::chrono::seconds(20);
    plan.progress_interval = std::chrono::milliseconds(0);
    plan.checkpoint_interval = std::chrono::seconds(60);
    plan.checkpoint_bytes = 8_MiB;
    plan.slow_after = 30s;
    plan.slow_bytes = 4_KiB;
    return plan;
  }
  /// A plan that continues `content`, of which everything is recorded.
  [[nodiscard]] TransferPlan resume_plan(const std::string& url, const std::string& content) const {
    folder.write(part(), content);
    auto continued = plan(url);
    continued.resume_from = content.size();
    continued.validator = {Validator::Kind::StrongEtag, "\"v1\""};
    continued.served_by = url.substr(0, url.find('/', url.find("://") + 3));
    continued.known_file_name = "known.bin";
    return continued;
  }
  /// Runs a plan to its end, which is the last event.
  Event run(TransferPlan planned) {
    engine_->start(std::move(planned));
    return wait_for_end();
  }
  void start(TransferPlan planned) { engine_->start(std::move(planned)); }
  void on_file_thread(std::function<void()> work) { files_->run(std::move(work)); }
  Event wait_for_end() {
    const auto end = log.wait_for(is_end);
    EXPECT_TRUE(end.has_value()) << "the attempt does not end";
    leave();
    const auto events = log.events();
    EXPECT_EQ(std::ranges::count_if(events, is_end), 1);
    EXPECT_TRUE(!events.empty() && is_end(events.back())) << "something came after the end";
    return end.value_or(Event(event::WakeDue{}));
  }
  /// Ends the threads: nothing is said afterwards.
  void leave() {
    engine_.reset();
    files_.reset();
  }
  [[nodiscard]] std::string part() const { return partial_file_name(id); }
  [[nodiscard]] std::string content() const { return folder.read(part()); }
  [[nodiscard]] event::ResponseArrived response() const {
    const auto all = log.all<event::ResponseArrived>();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? event::ResponseArrived{} : all.front();
  }

  TempFolder folder;
  FaultyFileOps ops;
  EventLog log;
  TransferId id = random_guid();

 private:
  SystemClock clock_;
  std::unique_ptr<FileThread> files_;

 protected:
  std::unique_ptr<CurlEngine> engine_;
};

}  // namespace lh::test
