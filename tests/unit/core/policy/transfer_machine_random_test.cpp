#include <deque>
#include <functional>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "unit/core/policy/machine_fixture.h"

// One transfer against a server that changes and misbehaves, an engine and a disk that fail, an app
// that changes its mind, and crashes between any two actions.
namespace lh {
namespace {

constexpr ByteCount kChunk = 7;

/// Every byte of a file is the number of the version that it came from.
using Bytes = std::vector<int>;

struct Pending {
  Action action;
  Transfer transfer;
};
struct Engine {
  TransferPlan plan;
  bool lost = false;  ///< the file is shorter than what was recorded
  bool stop = false;
  bool answered = false;
  int version = 0;
  ByteCount total = 0;
};
struct Part {
  Bytes bytes;
  ByteCount synced = 0;
};

class RandomWorld {
 public:
  explicit RandomWorld(std::uint32_t seed) : random_(seed), harsh_(seed % 4 == 0) {
    limits_.checkpoint_interval = Duration(0);
    Transfer t;
    t.id = Guid::from_random({1});
    t.spec.app = "org.example.app";
    t.spec.uri = "http://h/x";
    t.spec.origin = "http://h:80";
    t.spec.target.folder = "/home/u";
    request([](RequestId id) { return event::Created{id, false, 0}; }, t);
  }

  void act_randomly() {
    switch (pick(16)) {
      case 0:
        return app_acts();
      case 1:
        return facts_change();
      case 2:
        now_ += Duration(pick(40000));
        return feed(event::WakeDue{});
      case 3:
        return feed(event::SlotGranted{next_attempt_++});
      case 4:
        if (pick(6) == 0) return crash();
        return;
      case 5:
        if (pick(4) == 0) ++version_;
        return;
      case 6:
        if (pick(4) == 0) feed(event::SlotRevoked{StopReason::Preempted});
        return;
      case 7:
      case 8:
      case 9:
        return engine_acts();
      case 10:
      case 11:
      case 12:
        return deliver();
      default:
        return perform();
    }
  }

  /// From now on nothing goes wrong any more: the transfer must come to its end.
  void finish_calmly() {
    calm_ = true;
    if (!live_) restart_service();
    facts_ = {};
    feed(event::FactsChanged{});
    for (int i = 0; i < 2000; ++i) {
      while (!pending_.empty()) perform();
      if (is_final(live_->state.phase) && !live_->live.file_job && live_->live.attempt == 0) break;
      if (live_->state.phase == Phase::Created) start();
      if (live_->state.phase == Phase::PausedByApp) resume();
      now_ += std::chrono::minutes(1);
      feed(event::WakeDue{});
      feed(event::SlotGranted{next_attempt_++});
      while (!pending_.empty()) perform();
      engine_acts();
      deliver();
    }
    while (!pending_.empty()) perform();
    ASSERT_TRUE(is_final(live_->state.phase)) << static_cast<int>(live_->state.phase);
    ASSERT_TRUE(row_ && is_final(row_->state.phase));
    ASSERT_FALSE(live_->live.has_slot);
    ASSERT_FALSE(live_->live.file_job);
    if (live_->state.phase == Phase::Completed) {
      ASSERT_TRUE(result_);
    } else {
      ASSERT_FALSE(result_) << "nothing appears under the target's name";
      ASSERT_FALSE(part_) << "nothing is left behind";
    }
    ++ends_[live_->state.phase];
  }

  static inline std::map<Phase, int> ends_;
  static inline int requests_answered_ = 0;

 private:
  std::uint32_t pick(std::uint32_t n) { return static_cast<std::uint32_t>(random_()) % n; }
  bool mishap(std::uint32_t one_in) { return !calm_ && pick(harsh_ ? 2 : one_in) == 0; }
  [[nodiscard]] ByteCount total_of(int version) const {
    return static_cast<ByteCount>(20 + version % 5);
  }

  // --- the service -------------------------------------------------------------------------

  Surroundings surroundings() { return {now_, facts_, limits_, boot_, 0.5}; }

  void take(Step result, const Facts& facts_before) {
    // A transfer that was not there a moment ago is seen as a new one.
    const auto before = status_of(live_ ? *live_ : result.transfer, facts_before);
    live_ = result.transfer;
    for (const Action& action : result.actions) pending_.push_back({action, result.transfer});
    check_step(result, before);
  }

  void feed(const Event& event) {
    if (live_) take(step(*live_, event, surroundings()), facts_);
  }

  void request(const std::function<Event(RequestId)>& make, std::optional<Transfer> fresh = {}) {
    if (!live_ && !fresh) return;
    const RequestId id = ++last_request_;
    Step result = step(fresh ? *fresh : *live_, make(id), surroundings());
    int replies = 0;
    for (const Action& action : result.actions) {
      const auto* reply = std::get_if<action::Reply>(&action);
      if (reply != nullptr && reply->request == id) ++replies;
    }
    ASSERT_EQ(replies, 1);
    ++requests_answered_;
    take(std::move(result), facts_);
  }

  void check_step(const Step& result, BackgroundTransferStatus before) {
    const Transfer& t = result.transfer;
    bool told = false;
    bool ended = false;
    for (const Action& action : result.actions) {
      const auto* notify = std::get_if<action::Notify>(&action);
      if (notify == nullptr) continue;
      ended = ended || notify->what == action::Notify::What::Ended;
      told = told || ended || notify->what == action::Notify::What::Status ||
             notify->what == action::Notify::What::Created;
    }
    const auto after = status_of(t, facts_);
    if (before != after) {
      ASSERT_TRUE(told) << "a status change without news";
    }
    if (ended) {
      ASSERT_TRUE(is_final(t.state.phase));
    }
    const bool waits =
        t.state.phase != Phase::Created && !is_final(t.state.phase) &&
        (after != BackgroundTransferStatus::Running || t.state.phase == Phase::RetryAt);
    if (waits && t.live.attempt == 0 && !t.live.file_job) {
      ASSERT_FALSE(blockers_of(t, facts_, QueueHold::Slots).empty()) << "a wait without a reason";
    }
    if (t.state.phase == Phase::RetryAt || t.state.phase == Phase::DiskFull) {
      ASSERT_TRUE(t.state.wake_at) << "a wait without a wake-up";
    }
    if (t.state.phase == Phase::Finishing) {
      ASSERT_TRUE(t.live.file_job);
    }
    ASSERT_TRUE(!t.live.has_slot || t.live.attempt != 0);
    ASSERT_EQ(is_final(t.state.phase), t.state.ended.has_value());
  }

  void perform() {
    if (pending_.empty()) return;
    const Pending next = pending_.front();
    pending_.pop_front();
    if (std::holds_alternative<action::Persist>(next.action)) {
      row_ = next.transfer;
      row_->live = {};
      if (row_->state.stored.empty()) unrecorded_loss_ = false;
      check_claims();
    } else if (const auto* start = std::get_if<action::StartAttempt>(&next.action)) {
      open(start->plan);
    } else if (const auto* stop = std::get_if<action::StopAttempt>(&next.action)) {
      if (engine_ && engine_->plan.attempt == stop->attempt) engine_->stop = true;
    } else if (std::holds_alternative<action::SyncFile>(next.action)) {
      sync(next.transfer);
    } else if (std::holds_alternative<action::CommitFile>(next.action)) {
      commit();
    } else if (std::holds_alternative<action::DiscardFile>(next.action)) {
      ASSERT_FALSE(engine_) << "removed while the engine writes";
      part_.reset();
      mail_.emplace_back(event::FileDiscarded{});
    } else if (const auto* reply = std::get_if<action::Reply>(&next.action)) {
      ASSERT_TRUE(reply->error || row_) << "told before it was durable";
    } else if (const auto* notify = std::get_if<action::Notify>(&next.action)) {
      if (notify->what != action::Notify::What::Ended) return;
      ASSERT_TRUE(row_ && is_final(row_->state.phase)) << "told before it was durable";
      ASSERT_EQ(++ended_told_, 1);
    }
  }

  /// The store never claims a byte that is not synced, or of another version than its validator's.
  void check_claims() {
    const TransferState& state = row_->state;
    // Of what the engine has done since, the service has not heard, or has not recorded it yet.
    const bool is_latest = std::ranges::none_of(pending_, [](const Pending& later) {
      return std::holds_alternative<action::Persist>(later.action);
    });
    if (engine_ || !mail_.empty() || !is_latest) return;
    if (is_final(state.phase) || state.commit) return;
    if (is_true_claim(state)) {
      died_unrecorded_ = false;
    } else {
      // The one gap: the file was begun anew, or its sync failed, and the service died before it
      // could record that. The next attempt finds a shorter file, or a server with another version.
      ASSERT_TRUE(died_unrecorded_) << "claims bytes that are not there";
    }
  }

  [[nodiscard]] bool is_true_claim(const TransferState& state) const {
    const ByteCount prefix = state.stored.prefix_length();
    if (prefix > (part_ ? part_->synced : 0)) return false;
    if (!state.validator.can_resume() || prefix == 0) return true;
    const Bytes begun(part_->bytes.begin(),
                      part_->bytes.begin() + static_cast<std::ptrdiff_t>(prefix));
    return "\"" + std::to_string(begun.front()) + "\"" == state.validator.value &&
           begun == Bytes(prefix, begun.front());
  }

  void crash() {
    const bool power_cut = pick(2) == 0;
    if (power_cut) {
      boot_ = "boot-" + std::to_string(pick(1000000));
      if (part_) part_->bytes.resize(part_->synced);
    }
    engine_.reset();
    pending_.clear();
    mail_.clear();
    live_.reset();
    ended_told_ = 0;
    died_unrecorded_ = died_unrecorded_ || unrecorded_loss_;
    unrecorded_loss_ = false;
    restart_service();
  }

  void restart_service() {
    if (!row_) return request([](RequestId id) { return event::Created{id, false, 0}; }, lost());
    Step result = recover(*row_, surroundings());
    live_.reset();
    take(std::move(result), facts_);
    // The manager's sweep of what a crash left behind.
    if (is_final(live_->state.phase)) part_.reset();
  }

  /// The creation was never durable, thus never answered: the app asks again.
  [[nodiscard]] static Transfer lost() {
    Transfer t;
    t.id = Guid::from_random({1});
    t.spec.uri = "http://h/x";
    t.spec.origin = "http://h:80";
    return t;
  }

  // --- the app and the system --------------------------------------------------------------

  void start() {
    request([](RequestId id) { return event::StartRequested{id, 1}; });
  }
  void resume() {
    request([](RequestId id) { return event::ResumeRequested{id, 2}; });
  }

  void app_acts() {
    switch (pick(9)) {
      case 0:
      case 1:
      case 2:
        return start();
      case 3:
        return request([](RequestId id) { return event::PauseRequested{id}; });
      case 4:
      case 5:
      case 6:
        return resume();
      case 7:
        if (pick(12) == 0) return request([](RequestId id) { return event::CancelRequested{id}; });
        return;
      default: {
        event::Changed change;
        change.cost_policy = static_cast<BackgroundTransferCostPolicy>(pick(3));
        return request([&change](RequestId id) {
          change.request = id;
          return change;
        });
      }
    }
  }

  void facts_change() {
    const Facts before = facts_;
    facts_.network.connected = pick(4) != 0;
    facts_.network.cost = pick(3) == 0 ? NetworkCostType::Fixed : NetworkCostType::Unrestricted;
    facts_.power.holds_background = pick(6) == 0;
    if (live_) take(step(*live_, event::FactsChanged{}, surroundings()), before);
  }

  // --- the engine --------------------------------------------------------------------------

  void open(const TransferPlan& plan) {
    ASSERT_FALSE(engine_) << "two attempts at once";
    if (!part_) part_.emplace();
    ByteCount have = part_->bytes.size();
    const bool lost = have < plan.resume_from;
    if (lost) have = 0;
    if (!plan.trust_file_size) have = std::min(have, plan.resume_from);
    part_->bytes.resize(have);
    part_->synced = plan.trust_file_size ? have : std::min(part_->synced, have);
    engine_ = Engine{.plan = plan, .lost = lost};
  }

  void end_attempt(Event event) {
    engine_.reset();
    mail_.push_back(std::move(event));
  }

  ByteCount sync_part() { return part_->synced = part_->bytes.size(); }

  void engine_acts() {
    if (!engine_) return;
    const AttemptId id = engine_->plan.attempt;
    if (engine_->stop) return end_attempt(event::AttemptStopped{id, sync_part()});
    if (mishap(12)) {
      Failure failure;
      failure.transient = true;
      failure.error.kind = ErrorKind::Network;
      return end_attempt(event::AttemptFailed{id, failure, sync_part()});
    }
    if (mishap(40)) return end_attempt(event::AttemptDiskFull{id, sync_part(), 1, {}});
    if (engine_->lost) return end_attempt(event::AttemptRefusedRange{id, 0});
    if (!engine_->answered) return answer();
    Bytes& bytes = part_->bytes;
    while (bytes.size() < engine_->total && bytes.size() % kChunk != kChunk - 1) {
      bytes.push_back(engine_->version);
    }
    if (bytes.size() < engine_->total) bytes.push_back(engine_->version);
    mail_.emplace_back(event::BytesArrived{id, bytes.size()});
    if (pick(2) == 0) mail_.emplace_back(event::Checkpointed{id, sync_part()});
    if (bytes.size() >= engine_->total) {
      end_attempt(event::AttemptCompleted{id, bytes.size()});
    }
  }

  ResponseHead server_answer(ByteCount have) {
    const std::string tag = "\"" + std::to_string(version_) + "\"";
    const ByteCount total = total_of(version_);
    if (mishap(12)) return {pick(3) == 0 ? 404 : 503, "", {}};
    if (have > 0 && mishap(10)) return {pick(2) == 0 ? 412 : 416, "", {}};
    const bool honours =
        have > 0 && !mishap(8) &&
        (engine_->plan.validator.value == tag || mishap(3));  // or ignores If-Range
    if (honours && have >= total) {
      return {416, "", {{"Content-Range", "bytes */" + std::to_string(total)}, {"ETag", tag}}};
    }
    if (honours) {
      return {206,
              "",
              {{"Content-Range", "bytes " + std::to_string(have) + "-" + std::to_string(total - 1) +
                                     "/" + std::to_string(total)},
               {"ETag", tag}}};
    }
    ResponseHead whole{200, "", {{"ETag", mishap(6) ? "W/" + tag : tag}}};
    if (!mishap(4)) whole.headers.push_back({"Content-Length", std::to_string(total)});
    return whole;
  }

  void answer() {
    const AttemptId id = engine_->plan.attempt;
    const ByteCount have = part_->bytes.size();
    const ResponseHead head = server_answer(have);
    const Verdict verdict = judge_response(engine_->plan, have, head);
    engine_->answered = true;
    engine_->version = version_;
    engine_->total = total_of(version_);
    event::ResponseArrived arrived{id, head, verdict.kind, total_length(head), "x"};
    switch (verdict.kind) {
      case Verdict::Kind::StartOver:
        unrecorded_loss_ = unrecorded_loss_ || !part_->bytes.empty();
        part_.emplace();
        break;
      case Verdict::Kind::Append:
        break;
      case Verdict::Kind::AskAgain:
        return end_attempt(event::AttemptRefusedRange{id, head.status});
      case Verdict::Kind::Complete:
        return end_attempt(event::AttemptCompleted{id, have});
      case Verdict::Kind::Reject:
      case Verdict::Kind::Invalid: {
        mail_.emplace_back(arrived);
        Failure failure;
        failure.transient = is_transient_http(head.status);
        failure.error = http_error(head.status, "GET", "http://h/x");
        return end_attempt(event::AttemptFailed{id, failure, sync_part()});
      }
    }
    mail_.emplace_back(arrived);
  }

  void deliver() {
    if (mail_.empty()) return;
    const Event event = mail_.front();
    mail_.pop_front();
    feed(event);
  }

  // --- the file thread ---------------------------------------------------------------------

  void file_failed(ErrorKind kind, bool disk_full, bool bytes_lost) {
    TransferError error;
    error.kind = kind;
    mail_.emplace_back(event::FileFailed{error, disk_full, bytes_lost});
  }

  void sync(const Transfer& t) {
    if (mishap(20)) return file_failed(ErrorKind::DiskFull, true, false);
    if (mishap(20)) {  // a failed fsync: nothing may be believed
      if (part_) part_->synced = 0;
      unrecorded_loss_ = true;
      return file_failed(ErrorKind::File, false, true);
    }
    if (!part_ || part_->bytes.size() != t.state.total) {
      return file_failed(ErrorKind::File, false, true);
    }
    mail_.emplace_back(event::FileSynced{{1, 2, sync_part()}});
  }

  void commit() {
    if (mishap(20)) return file_failed(ErrorKind::DiskFull, true, false);
    if (part_) {
      ASSERT_EQ(part_->synced, part_->bytes.size()) << "renamed before it was durable";
      ASSERT_FALSE(part_->bytes.empty());
      const int version = part_->bytes.front();
      ASSERT_EQ(part_->bytes, Bytes(total_of(version), version)) << "bytes of several versions";
      result_ = part_->bytes;
      part_.reset();
    }
    ASSERT_TRUE(result_);
    mail_.emplace_back(event::FileCommitted{"x"});
  }

  std::mt19937 random_;
  bool harsh_;  // every other thing goes wrong
  bool calm_ = false;
  Facts facts_;
  Limits limits_;
  TimePoint now_ = TimePoint(std::chrono::hours(24 * 365 * 50));
  std::string boot_ = "boot-0";
  std::optional<Transfer> live_;
  std::optional<Transfer> row_;
  std::deque<Pending> pending_;
  std::deque<Event> mail_;
  std::optional<Engine> engine_;
  std::optional<Part> part_;
  std::optional<Bytes> result_;
  int version_ = 1;
  AttemptId next_attempt_ = 1;
  RequestId last_request_ = 0;
  int ended_told_ = 0;
  bool unrecorded_loss_ = false;  // bytes are gone, and no row says so yet
  bool died_unrecorded_ = false;
};

TEST(TransferMachineRandom, KeepsItsPromisesInAnyOrderOfEventsAndCrashes) {
  for (std::uint32_t seed = 0; seed < 4000; ++seed) {
    RandomWorld world(seed);
    for (int i = 0; i < 150; ++i) {
      world.act_randomly();
      ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed << ", action " << i;
    }
    world.finish_calmly();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
  // The runs really go everywhere.
  EXPECT_GT(RandomWorld::ends_[Phase::Completed], 1000);
  EXPECT_GT(RandomWorld::ends_[Phase::Canceled], 50);
  EXPECT_GT(RandomWorld::ends_[Phase::Failed], 20);
  EXPECT_GT(RandomWorld::requests_answered_, 10000);
}

}  // namespace
}  // namespace lh
