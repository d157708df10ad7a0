#include <array>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "store/store_thread.h"
#include "support/faulty_vfs.h"
#include "unit/store/answers.h"
#include "unit/store/store_support.h"

// Every call with which SQLite turns to the disk fails, finds no room, or is the last one before
// the process ends or the power is cut. What was answered must be so afterwards.
namespace lh {
namespace {

using test::Answers;
using test::download;
using test::FaultyVfs;
using test::id_of;
using test::numbers_of;
using Fault = FaultyVfs::Fault;
using Listed = Result<std::vector<ListedTransfer>>;

constexpr std::uint32_t kAbsent = 0;
constexpr std::uint32_t kNumbers = 12;

/// `version` tells what was stored last; `size` makes the row long.
Transfer row(std::uint32_t number, std::uint32_t version, std::size_t size = 0) {
  Transfer transfer = download(number);
  transfer.state.attempts = version;
  if (size > 0) transfer.state.response = ResponseHead{200, std::string(size, 'x'), {}};
  return transfer;
}

/// What may be stored, as far as those who asked have been told.
class Model {
 public:
  using Effect = std::map<std::uint32_t, std::uint32_t>;  ///< number and version

  Model() {
    for (std::uint32_t number = 1; number < kNumbers; ++number) may_be_[number] = {kAbsent};
  }
  void is_done(const Effect& effect) {
    for (const auto& [number, version] : effect) may_be_[number] = {version};
  }
  void is_unknown(const Effect& effect) {
    for (const auto& [number, version] : effect) may_be_[number].insert(version);
  }
  void check(const std::vector<ListedTransfer>& rows) const {
    std::map<std::uint32_t, std::uint32_t> found;
    const auto numbers = numbers_of(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      found[numbers[i]] = rows[i].transfer.state.attempts;
    }
    EXPECT_EQ(found.size(), rows.size());
    for (const auto& [number, versions] : may_be_) {
      EXPECT_TRUE(versions.contains(found[number]))
          << number << " is there as " << found[number] << ", not as "
          << testing::PrintToString(versions);
    }
    // What was created or erased in one call.
    for (const auto& [one, other] : {std::pair{1U, 2U}, {3U, 4U}, {5U, 6U}, {5U, 7U}}) {
      EXPECT_EQ(found[one] == kAbsent, found[other] == kAbsent) << one << ", " << other;
    }
  }

 private:
  std::map<std::uint32_t, std::set<std::uint32_t>> may_be_;
};

/// The service's life with the store, with one fault in it.
class Story {
 public:
  Story(std::string path, FaultyVfs& disk, Fault fault)
      : path_(std::move(path)), disk_(disk), fault_(fault) {}

  void tell() {
    if (open()) {
      first_day();
      thread_.reset();
    }
    if (open()) {
      second_day();
      thread_.reset();
    }
  }
  [[nodiscard]] const Model& model() const { return model_; }

 private:
  bool open() {
    auto store = SqliteStore::open(path_);
    if (!store) return false;
    // Looks again at once: the fault strikes only once.
    thread_ = std::make_unique<StoreThread>(std::move(store).value(), answers_.executor(),
                                            std::chrono::milliseconds(0));
    return true;
  }

  void first_day() {
    insert({row(1, 1), row(2, 1)}, {{1, 1}, {2, 1}});
    insert({row(3, 1), row(4, 1)}, {{3, 1}, {4, 1}});
    settle();
    update(row(1, 2), {{1, 2}});
    settle();
    // One transaction; the last one is longer than a page.
    update(row(2, 2), {{2, 2}});
    insert({row(8, 1)}, {{8, 1}});
    update(row(1, 3, 20'000), {{1, 3}});
    look();
    settle();
    thread_->stage(7, {row(5, 1), row(6, 1)}, expect({}));
    thread_->stage(7, {row(7, 1)}, expect({}));
    settle();
    if (staged_) thread_->publish(7, 0, expect_published());
    settle();
    thread_->erase({id_of(3), id_of(4)}, expect({{3, kAbsent}, {4, kAbsent}}));
    look();
    settle();
  }

  void second_day() {
    update(row(1, 4), {{1, 4}});
    thread_->target_folders([this](const Result<std::vector<std::string>>&) { --open_; });
    ++open_;
    settle();
    insert({row(9, 1)}, {{9, 1}});
    update(row(2, 5, 9'000), {{2, 5}});
    settle();
    look();
    settle();
  }

  void insert(std::vector<Transfer> rows, Model::Effect effect) {
    thread_->insert(std::move(rows), 0, expect(std::move(effect)));
  }
  void update(Transfer transfer, Model::Effect effect) {
    thread_->update(std::move(transfer), expect(std::move(effect)));
  }

  StoreThread::Done<Result<void>> expect(Model::Effect effect) {
    ++open_;
    return [this, effect = std::move(effect)](const Result<void>& done) {
      --open_;
      note(effect, done.ok());
      if (effect.empty()) staged_ = staged_ && done.ok();
    };
  }
  StoreThread::Done<Result<Published>> expect_published() {
    ++open_;
    return [this](const Result<Published>& published) {
      --open_;
      note({{5, 1}, {6, 1}, {7, 1}}, published.ok());
      EXPECT_TRUE(!published || published->ids.size() == 3U);
    };
  }
  void note(const Model::Effect& effect, bool done) {
    if (done) return model_.is_done(effect);
    // Only after a sync, or an end, may what was not answered be there.
    const bool unknown =
        (fault_ != Fault::IoError && fault_ != Fault::Full) || disk_.has_struck_a_sync();
    if (unknown) model_.is_unknown(effect);
  }

  void look() {
    ++open_;
    thread_->list({}, 0, 100, [this](const Listed& rows) {
      --open_;
      if (rows) model_.check(*rows);
    });
  }
  void settle() {
    while (open_ > 0) {
      if (!answers_.run_one()) throw std::runtime_error("a call is not answered");
    }
  }

  std::string path_;
  FaultyVfs& disk_;
  Fault fault_;
  Model model_;
  Answers answers_;
  int open_ = 0;
  bool staged_ = true;
  std::unique_ptr<StoreThread> thread_;
};

std::string integrity_of(const std::string& path) {
  sqlite3* handle = nullptr;
  std::string verdict;
  const auto remember = [](void* out, int, char** values, char**) {
    *static_cast<std::string*>(out) += values[0];
    return 0;
  };
  EXPECT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  sqlite3_exec(handle, "PRAGMA integrity_check", remember, &verdict, nullptr);
  sqlite3_close(handle);
  return verdict;
}

/// Says whether the story came to the n-th call.
bool strikes(Fault fault, int n) {
  const test::TempFolder folder;
  const std::string path = folder.file("longhaul.db");
  const auto memory_before = sqlite3_memory_used();
  Model model;
  bool has_struck = false;
  {
    FaultyVfs disk;
    disk.strike(fault, n);
    Story story(path, disk, fault);
    story.tell();
    model = story.model();
    has_struck = disk.has_struck();
    SCOPED_TRACE(disk.struck());
    EXPECT_EQ(disk.open_files(), 0);
    EXPECT_EQ(sqlite3_memory_used(), memory_before);
    if (fault == Fault::PowerCut || fault == Fault::TornPowerCut) disk.lose_unsynced();
  }
  const FaultyVfs sound;  // spares the syncs
  const auto store = test::open_store(path);
  const auto rows = store->list({}, 0, 100);
  EXPECT_TRUE(rows);
  if (rows) model.check(*rows);
  EXPECT_TRUE(store->insert({download(100)}, 0));
  EXPECT_EQ(integrity_of(path), "ok");
  return has_struck;
}

class StoreFaults : public testing::TestWithParam<Fault> {};

TEST_P(StoreFaults, AtEveryCallLeaveWhatWasAnswered) {
  int n = 0;
  bool goes_on = true;
  for (; goes_on && !HasFailure(); ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    goes_on = strikes(GetParam(), n);
  }
  EXPECT_GT(n, 50) << "the story is too short to mean anything";
  RecordProperty("calls", n);
}

std::string name_of(const testing::TestParamInfo<Fault>& fault) {
  constexpr std::array kNames = {"IoError", "Full", "Kill", "PowerCut", "TornPowerCut"};
  return kNames.at(static_cast<std::size_t>(fault.param));
}

INSTANTIATE_TEST_SUITE_P(Every, StoreFaults,
                         testing::Values(Fault::IoError, Fault::Full, Fault::Kill, Fault::PowerCut,
                                         Fault::TornPowerCut),
                         name_of);

}  // namespace
}  // namespace lh
