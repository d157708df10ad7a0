#include "cli/follow.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "cli/board.h"
#include "cli/failure.h"
#include "cli/news.h"
#include "cli/output.h"
#include "cli/screen.h"
#include "cli/words.h"

namespace lh::cli {
namespace {

using namespace std::chrono_literals;
using longhaul::TransferEvent;
using Clock = std::chrono::steady_clock;

constexpr Clock::duration kRedrawEvery = 100ms;
constexpr Clock::duration kIdleRedraw = 1s;
constexpr Clock::duration kLineEvery = 5s;
/// Up to so many are watched one by one; for more, all news is heard and sorted out here, which
/// costs the service nothing for each.
constexpr std::size_t kWatchedSingly = 200;
/// When all news is heard and none comes, the list is read again: now and then, ever more rarely.
constexpr Clock::duration kFirstDoubt = 10s;
constexpr Clock::duration kLastDoubt = 300s;

class Follower {
 public:
  Follower(longhaul::TransferService& service, const FollowPlan& plan)
      : service_(service), plan_(plan), single_(is_single(plan)) {
    if (plan.showing == Showing::OutBars) screen_.emplace(STDOUT_FILENO);
    if (plan.showing == Showing::ErrorBars) screen_.emplace(STDERR_FILENO);
    for (const TransferInfo& each : plan.transfers) {
      wanted_.insert(each.Id);
      all_apps_ = all_apps_ || each.App != plan.transfers.front().App;
    }
  }

  ExitStatus run() {
    subscribe();
    while (is_open() && !news_.ended_by()) {
      news_.wait(until_next());
      hear();
      show(Clock::now());
    }
    subscription_.reset();
    if (!is_open()) return finish();
    return interrupted(*news_.ended_by());
  }

 private:
  static bool is_single(const FollowPlan& plan) {
    return plan.whole == FollowPlan::Whole::No && plan.transfers.size() <= kWatchedSingly;
  }

  /// Whether there is anything to wait for. Before the first news nothing is known.
  [[nodiscard]] bool is_open() const {
    if (board_.open_count() > 0) return true;
    return plan_.whole == FollowPlan::Whole::No && board_.rows().size() < wanted_.size();
  }

  void subscribe() {
    const auto handler = [this](const TransferEvent& event) { news_.push(event); };
    if (single_) {
      std::vector<std::string> ids;
      for (const TransferInfo& each : plan_.transfers) {
        ids.push_back(each.Id);
        take(each);
      }
      subscription_ = service_.Watch(ids, handler);
    } else {
      subscription_ = service_.WatchAll(all_apps_, handler);
      read_list();
      whole_list_read_ = true;
    }
    last_news_ = Clock::now();
  }

  /// Everything as it stands. What was known and is listed no more was forgotten.
  void read_list() {
    longhaul::ListQuery query;
    query.AllApps = all_apps_;
    std::unordered_set<std::string> listed;
    service_.List(query, [this, &listed](const TransferInfo& each) {
      if (is_wanted(each)) {
        listed.insert(each.Id);
        take(each);
      }
      return !news_.ended_by();
    });
    if (news_.ended_by()) return;
    std::vector<std::string> gone;
    for (const Board::Row& row : board_.rows()) {
      if (row.is_open() && !listed.contains(row.id)) gone.push_back(row.id);
    }
    for (const std::string& id : gone) forget(id);
  }

  [[nodiscard]] bool is_wanted(const TransferInfo& transfer) const {
    if (board_.knows(transfer.Id)) return true;
    switch (plan_.whole) {
      case FollowPlan::Whole::No:
        return wanted_.contains(transfer.Id);
      case FollowPlan::Whole::EverListed:
        return !whole_list_read_;
      case FollowPlan::Whole::NotEnded:
        return !transfer.HasEnded() && !was_never_started(transfer);
    }
    return false;
  }

  void hear() {
    const std::vector<TransferEvent> events = news_.take();
    const Clock::time_point now = Clock::now();
    for (const TransferEvent& event : events) {
      if (event.Kind == TransferEvent::What::Forgotten) {
        forget(event.Transfer.Id);
      } else if (is_wanted(event.Transfer)) {
        take(event.Transfer);
      }
    }
    if (!events.empty()) {
      last_news_ = now;
      doubt_after_ = kFirstDoubt;
    } else if (!single_ && now - last_news_ >= doubt_after_) {
      read_list();
      last_news_ = now;
      doubt_after_ = std::min(doubt_after_ * 2, kLastDoubt);
    }
  }

  void take(const TransferInfo& transfer) {
    tell(board_.take(transfer, Clock::now()), transfer.Id);
  }
  void forget(const std::string& id) { tell(board_.forget(id), id); }

  void tell(Board::Meaning meaning, const std::string& id) {
    if (meaning == Board::Meaning::Nothing) return;
    changed_ = true;
    const bool has_ended = meaning == Board::Meaning::Ended;
    if (plan_.showing == Showing::Lines && meaning != Board::Meaning::Moved)
      print_line(board_.row(id));
    if (has_ended) last_line_.erase(id);
    if (has_ended && !screen_) complain_of(board_.row(id));
  }

  void print_line(const Board::Row& row) {
    std::string text = progress_in_words(describe(row, Clock::now()));
    if (row.word == "Running") text = text.empty() ? row.word : row.word + ", " + text;
    output_.line(short_id(row.id) + " " + row.name + ": " + text);
    output_.flush();
    last_line_[row.id] = Clock::now();
  }

  /// Its news have ended, not it: the service could not be reached again.
  static bool is_lost(const Board::Row& row) {
    constexpr auto kServiceUnavailable = static_cast<std::int32_t>(0x80070426U);
    return row.error && row.error->HResult == kServiceUnavailable;
  }

  /// Nothing is said of those that are complete.
  static void complain_of(const Board::Row& row) {
    if (row.status == BackgroundTransferStatus::Completed) return;
    const std::string who = short_id(row.id) + " " + row.name;
    if (row.forgotten) {
      complain(who + " was " + row.reason, web_error_name(WebErrorStatus::OperationCanceled));
    } else if (row.status == BackgroundTransferStatus::Canceled) {
      complain(who + " was canceled", web_error_name(WebErrorStatus::OperationCanceled));
    } else if (is_lost(row)) {
      complain("cannot tell what became of " + who + ": " + row.error->Message,
               cause_of(*row.error), "Try: longhaul show " + short_id(row.id));
    } else if (row.error) {
      complain(who + " failed: " + row.error->Message, cause_of(*row.error));
    } else {
      complain(who + " failed", web_error_name(WebErrorStatus::Unknown));
    }
  }

  void show(Clock::time_point now) {
    if (screen_) {
      const bool due = now - last_drawn_ >= (changed_ ? kRedrawEvery : kIdleRedraw);
      if (due) draw(now);
    } else if (plan_.showing == Showing::Lines) {
      for (const Board::Row& row : board_.rows()) {
        const bool due = row.word == "Running" && now - last_line_[row.id] >= kLineEvery;
        if (due) print_line(row);
      }
    }
  }

  void draw(Clock::time_point now) {
    const TerminalSize size = screen_->size();
    screen_->draw(frame(board_, size.columns, size.rows, now, glyphs_));
    last_drawn_ = now;
    changed_ = false;
  }

  [[nodiscard]] std::chrono::milliseconds until_next() const {
    if (screen_) {
      const Clock::time_point due = last_drawn_ + (changed_ ? kRedrawEvery : kIdleRedraw);
      return std::max(std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()), 0ms);
    }
    return plan_.showing == Showing::Lines ? 1000ms : 10'000ms;
  }

  ExitStatus finish() {
    if (board_.rows().empty() && plan_.whole == FollowPlan::Whole::NotEnded)
      std::fputs("Nothing is under way. Start something with: longhaul get URL\n", stderr);
    if (screen_) {
      draw(Clock::now());
      for (const Board::Row& row : board_.rows()) complain_of(row);
    }
    output_.flush();
    if (std::ranges::any_of(board_.rows(), is_lost)) return ExitStatus::Unreachable;
    return board_.failed_count() > 0 ? ExitStatus::TransferFailed : ExitStatus::Done;
  }

  ExitStatus interrupted(int signal_number) {
    if (screen_) draw(Clock::now());
    output_.flush();
    const bool several = board_.open_count() > 1;
    complain(several ? "no longer watching; the transfers go on"
                     : "no longer watching; the transfer goes on",
             {}, "To see how far: " + plan_.again);
    return signal_number == SIGINT ? ExitStatus::Interrupted : ExitStatus::Terminated;
  }

  longhaul::TransferService& service_;
  const FollowPlan& plan_;
  const bool single_;
  bool all_apps_ = false;
  std::unordered_set<std::string> wanted_;
  const Glyphs& glyphs_ = glyphs_of_environment();
  Output output_;
  std::optional<Screen> screen_;
  Board board_;
  News news_;
  bool whole_list_read_ = false;
  bool changed_ = true;
  Clock::time_point last_drawn_{};
  Clock::time_point last_news_{};
  Clock::duration doubt_after_ = kFirstDoubt;
  std::unordered_map<std::string, Clock::time_point> last_line_;
  // Last, so that no handler runs once anything above is gone.
  std::unique_ptr<longhaul::TransferSubscription> subscription_;
};

}  // namespace

ExitStatus follow(longhaul::TransferService& service, const FollowPlan& plan) {
  return Follower(service, plan).run();
}

}  // namespace lh::cli
