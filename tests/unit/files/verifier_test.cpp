#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "files/file_service.h"
#include "platform/system_info.h"
#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

namespace lh {
namespace {

using test::TempFolder;

/// Reading stands still where the test wants it to.
class SlowReads final : public test::FaultyFileOps {
 public:
  ssize_t pread(int fd, void* data, std::size_t size, ByteOffset offset) override {
    std::unique_lock lock(mutex_);
    reading_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    if (endless) return static_cast<ssize_t>(size);
    return FaultyFileOps::pread(fd, data, size, offset);
  }
  std::atomic<bool> endless = false;  ///< the file has no end
  void hold() { open_ = false; }
  void release() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_until_reading() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return reading_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  bool reading_ = false;
};

class VerifierTest : public ::testing::Test {
 protected:
  FileService::Job job(const std::string& md5, bool servers = false) {
    FileService::Job job;
    job.id = random_guid();
    job.target = {.folder = folder.path(), .file_name = "target", .collision = Collision::Replace};
    job.file_name = "target";
    job.expected_size = 3;
    job.checksum = Checksum{"md5", md5};
    job.checksum_is_servers = servers;
    folder.write(partial_file_name(job.id), "abc");
    return job;
  }
  Event sync(const FileService::Job& job) {
    FileThread thread(ops, sink());
    thread.sync(job);
    return next();
  }
  FileService::EventSink sink() {
    return [this](Events events) {
      const std::lock_guard lock(mutex);
      std::ranges::move(events, std::back_inserter(told));
      changed.notify_all();
    };
  }
  /// The next answer.
  Event next() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return !told.empty(); });
    const Event event = told.front().second;
    told.erase(told.begin());
    return event;
  }

  const std::string kRight = "900150983cd24fb0d6963f7d28e17f72";
  const std::string kWrong = "00000000000000000000000000000000";
  TempFolder folder;
  SlowReads ops;
  std::mutex mutex;
  std::condition_variable changed;
  Events told;
};

TEST_F(VerifierTest, ARightChecksumPassesWithTheIdentityOfWhatWasSynced) {
  const auto one = job(kRight);
  const auto info = folder.stat(partial_file_name(one.id));
  EXPECT_EQ(std::get<event::FileSynced>(sync(one)).intent,
            (CommitIntent{info.st_dev, info.st_ino, 3}));
  EXPECT_EQ(ops.fdatasyncs, 1);
}

TEST_F(VerifierTest, R173_AWrongChecksumIsAnErrorThatNamesBothDigests) {
  const auto failed = std::get<event::FileFailed>(sync(job(kWrong)));
  EXPECT_EQ(failed.error.kind, ErrorKind::Checksum);
  EXPECT_EQ(failed.error.hresult, hr::kCrc);
  EXPECT_EQ(failed.error.status, WebErrorStatus::Unknown);
  EXPECT_NE(failed.error.message.find(kRight + ", not " + kWrong), std::string::npos);
  EXPECT_FALSE(failed.bytes_lost);
}

TEST_F(VerifierTest, TheServersDigestIsNamedAsIts) {
  const auto failed = std::get<event::FileFailed>(sync(job(kWrong, true)));
  EXPECT_NE(failed.error.message.find("the server says " + kWrong), std::string::npos);
}

TEST_F(VerifierTest, AnotherFileInItsPlaceIsNotWhatWasSynced) {
  const auto one = job(kRight);
  ops.hold();
  FileThread thread(ops, sink());
  thread.sync(job(kRight));  // is being read meanwhile
  thread.sync(one);
  auto last = job(kRight);
  last.checksum.reset();
  thread.sync(last);
  next();  // so the one before is synced, too
  folder.write("other", "abc");
  ASSERT_EQ(
      std::rename(folder.path("other").c_str(), folder.path(partial_file_name(one.id)).c_str()), 0);
  ops.release();
  EXPECT_TRUE(std::holds_alternative<event::FileSynced>(next()));
  const auto failed = std::get<event::FileFailed>(next());
  EXPECT_TRUE(failed.bytes_lost) << failed.error.message;
}

TEST_F(VerifierTest, APipeInItsPlaceIsNotWaitedFor) {
  const auto one = job(kRight);
  ops.hold();
  FileThread thread(ops, sink());
  thread.sync(job(kRight));  // is being read meanwhile
  thread.sync(one);
  auto last = job(kRight);
  last.checksum.reset();
  thread.sync(last);
  next();  // so the one before is synced, too
  const std::string path = folder.path(partial_file_name(one.id));
  ASSERT_EQ(std::remove(path.c_str()), 0);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  ops.release();
  EXPECT_TRUE(std::holds_alternative<event::FileSynced>(next()));
  EXPECT_EQ(std::get<event::FileFailed>(next()).error.message,
            "open " + path + ": a pipe is in its place");
}

TEST_F(VerifierTest, NothingElseWaitsForAFileThatIsBeingRead) {
  ops.hold();
  FileThread thread(ops, sink());
  thread.sync(job(kRight));
  ops.wait_until_reading();
  auto other = job(kRight);
  other.checksum.reset();
  thread.sync(other);
  EXPECT_TRUE(std::holds_alternative<event::FileSynced>(next()));
  thread.discard(other);
  EXPECT_TRUE(std::holds_alternative<event::FileDiscarded>(next()));
  ops.release();
  EXPECT_TRUE(std::holds_alternative<event::FileSynced>(next()));
}

TEST_F(VerifierTest, WhatIsNotVerifiedAtTheEndIsNotAnswered) {
  ops.endless = true;
  std::optional<FileThread> thread(std::in_place, ops, sink());
  thread->sync(job(kRight));
  ops.wait_until_reading();
  thread->sync(job(kRight));  // not begun
  thread.reset();             // would never come back if it read to the end
  EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace lh
