#include <sys/stat.h>
#include <unistd.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "files/file_service.h"
#include "platform/system_info.h"
#include "unit/files/faulty_file_ops.h"
#include "unit/files/temp_folder.h"

namespace lh {
namespace {

using test::FaultyFileOps;
using test::TempFolder;

class FileThreadTest : public ::testing::Test {
 protected:
  /// What was told about the jobs that `work` queues, which the thread finds all at once.
  template <typename Work>
  Events all_at_once(const Work& work) {
    Events told;
    std::promise<void> entered;
    std::promise<void> queued;
    {
      FileThread thread(
          ops, [&told](Events events) { std::ranges::move(events, std::back_inserter(told)); });
      thread.run([&entered, gate = queued.get_future().share()] {
        entered.set_value();
        gate.wait();
      });
      entered.get_future().wait();  // what was queued before it would go with the gate
      work(thread);
      queued.set_value();
    }
    return told;
  }
  Event sync(const FileService::Job& job) {
    return all_at_once([&](FileThread& thread) { thread.sync(job); }).at(0).second;
  }
  Event commit(const FileService::Job& job) {
    return all_at_once([&](FileThread& thread) { thread.commit(job); }).at(0).second;
  }

  /// A transfer whose partial file holds `content`.
  FileService::Job job(const std::string& content, const std::string& file_name = "target",
                       Collision collision = Collision::Replace) {
    FileService::Job job;
    job.id = random_guid();
    job.target = {.folder = folder.path(), .file_name = file_name, .collision = collision};
    job.file_name = file_name;
    job.expected_size = content.size();
    folder.write(partial_file_name(job.id), content);
    const auto info = folder.stat(partial_file_name(job.id));
    job.intent = CommitIntent{info.st_dev, info.st_ino, content.size()};
    return job;
  }
  std::vector<FileService::Job> jobs(int count) {
    std::vector<FileService::Job> many;
    for (int i = 0; i < count; ++i) many.push_back(job("content", "file" + std::to_string(i)));
    return many;
  }

  TempFolder folder;
  FaultyFileOps ops;
};

// ---- sync

TEST_F(FileThreadTest, SyncTellsTheIdentityOfTheDurableFile) {
  const auto one = job("content");
  const auto told = sync(one);
  ASSERT_TRUE(std::holds_alternative<event::FileSynced>(told));
  EXPECT_EQ(std::get<event::FileSynced>(told).intent, one.intent);
  EXPECT_EQ(ops.fdatasyncs, 1);
}

TEST_F(FileThreadTest, SyncRefusesAFileOfAnotherSize) {
  auto one = job("content");
  one.expected_size = 100;
  const auto failed = std::get<event::FileFailed>(sync(one));
  EXPECT_TRUE(failed.bytes_lost);
  EXPECT_EQ(failed.error.kind, ErrorKind::File);
}

TEST_F(FileThreadTest, SyncOfAMissingFileHasLostItsBytes) {
  auto one = job("content");
  ASSERT_EQ(::unlink(folder.path(partial_file_name(one.id)).c_str()), 0);
  const auto failed = std::get<event::FileFailed>(sync(one));
  EXPECT_TRUE(failed.bytes_lost);
}

TEST_F(FileThreadTest, AFailedSyncHasLostBytes) {
  const auto one = job("content");
  ops.fdatasync_errno = EIO;
  const auto failed = std::get<event::FileFailed>(sync(one));
  EXPECT_TRUE(failed.bytes_lost);
  EXPECT_FALSE(failed.disk_full);
  EXPECT_EQ(failed.error.message,
            "sync " + folder.path(partial_file_name(one.id)) + ": Input/output error");
}

TEST_F(FileThreadTest, ASyncThatFindsTheDiskFullSaysSo) {
  const auto one = job("content");
  ops.fdatasync_errno = ENOSPC;
  EXPECT_TRUE(std::get<event::FileFailed>(sync(one)).disk_full);
}

TEST_F(FileThreadTest, APipeInItsPlaceStopsNobodysWork) {
  const auto one = job("content");
  const std::string path = folder.path(partial_file_name(one.id));
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  for (const auto& told : {sync(one), commit(one)}) {
    const auto failed = std::get<event::FileFailed>(told);
    EXPECT_EQ(failed.error.message, "open " + path + ": a pipe is in its place");
    EXPECT_FALSE(failed.bytes_lost);
  }
  EXPECT_FALSE(folder.has("target"));
}

TEST_F(FileThreadTest, ALinkInItsPlaceIsNeitherSyncedNorCommitted) {
  const auto one = job("content");
  const std::string path = folder.path(partial_file_name(one.id));
  std::filesystem::rename(path, folder.path("victim"));
  std::filesystem::create_symlink("victim", path);
  for (const auto& told : {sync(one), commit(one)}) {
    EXPECT_EQ(std::get<event::FileFailed>(told).error.message,
              "open " + path + ": a symbolic link is in its place");
  }
  EXPECT_FALSE(folder.has("target"));
}

TEST_F(FileThreadTest, ManyFilesAreSyncedTogether) {
  const auto many = jobs(20);
  const auto told = all_at_once([&](FileThread& thread) {
    for (const auto& one : many) thread.sync(one);
  });
  ASSERT_EQ(told.size(), 20U);
  for (const auto& [id, event] : told) {
    EXPECT_TRUE(std::holds_alternative<event::FileSynced>(event));
  }
  EXPECT_EQ(ops.syncfss, 1);
  EXPECT_EQ(ops.fdatasyncs, 0);
}

TEST_F(FileThreadTest, FewFilesAreSyncedEachByItself) {
  const auto few = jobs(3);
  all_at_once([&](FileThread& thread) {
    for (const auto& one : few) thread.sync(one);
  });
  EXPECT_EQ(ops.syncfss, 0);
  EXPECT_EQ(ops.fdatasyncs, 3);
}

TEST_F(FileThreadTest, AFailedSyncOfAllIsRepeatedForEach) {
  const auto many = jobs(20);
  ops.syncfs_errno = EIO;
  const auto told = all_at_once([&](FileThread& thread) {
    for (const auto& one : many) thread.sync(one);
  });
  EXPECT_EQ(ops.fdatasyncs, 20);
  for (const auto& [id, event] : told) {
    EXPECT_TRUE(std::holds_alternative<event::FileSynced>(event));
  }
}

TEST_F(FileThreadTest, AnEarlierWriteBackErrorOfASyncedTogetherFileIsFound) {
  const auto many = jobs(10);
  ops.check_writeback_errno = EIO;
  const auto told = all_at_once([&](FileThread& thread) {
    for (const auto& one : many) thread.sync(one);
  });
  ASSERT_EQ(told.size(), 10U);
  for (const auto& [id, event] : told) {
    EXPECT_TRUE(std::get<event::FileFailed>(event).bytes_lost);
  }
}

// ---- commit

TEST_F(FileThreadTest, CommitGivesTheFileItsName) {
  const auto told = commit(job("content"));
  EXPECT_EQ(std::get<event::FileCommitted>(told).file_name, "target");
  EXPECT_EQ(folder.read("target"), "content");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"target"});
  EXPECT_EQ(ops.fsyncs, 1);
}

TEST_F(FileThreadTest, ANewFileHasTheModeThatTheUmaskAllows) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  commit(job("content"));
  EXPECT_EQ(folder.stat("target").st_mode & 0777U, 0666U & ~mask);
}

TEST_F(FileThreadTest, AReplacedFilesModeStays) {
  folder.write("target", "old");
  std::filesystem::permissions(folder.path("target"), std::filesystem::perms(0640));
  commit(job("new"));
  EXPECT_EQ(folder.read("target"), "new");
  EXPECT_EQ(folder.stat("target").st_mode & 0777U, 0640U);
}

TEST_F(FileThreadTest, ANameFromTheServerNeverReplacesAnything) {
  folder.write("a.txt", "mine");
  folder.write("a (2).txt", "mine too");
  const auto told = commit(job("new", "a.txt", Collision::MakeUnique));
  EXPECT_EQ(std::get<event::FileCommitted>(told).file_name, "a (3).txt");
  EXPECT_EQ(folder.read("a.txt"), "mine");
  EXPECT_EQ(folder.read("a (2).txt"), "mine too");
  EXPECT_EQ(folder.read("a (3).txt"), "new");
}

TEST_F(FileThreadTest, NothingIsReplacedWhereTheFileSystemCannotRefuseTo) {
  folder.write("a.txt", "mine");
  ops.no_replace_errno = EINVAL;
  const auto told = commit(job("new", "a.txt", Collision::MakeUnique));
  EXPECT_EQ(std::get<event::FileCommitted>(told).file_name, "a (2).txt");
  EXPECT_EQ(folder.read("a.txt"), "mine");
}

TEST_F(FileThreadTest, RenamesInOneFolderShareItsSync) {
  const auto many = jobs(20);
  const auto told = all_at_once([&](FileThread& thread) {
    for (const auto& one : many) thread.commit(one);
  });
  ASSERT_EQ(told.size(), 20U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(std::get<event::FileCommitted>(told[static_cast<std::size_t>(i)].second).file_name,
              "file" + std::to_string(i));
  }
  EXPECT_EQ(ops.fsyncs, 1);
}

TEST_F(FileThreadTest, AFolderInTheWayIsAnError) {
  std::filesystem::create_directory(folder.path("target"));
  const auto one = job("content");
  const auto failed = std::get<event::FileFailed>(commit(one));
  EXPECT_EQ(failed.error.message, "rename " + folder.path(partial_file_name(one.id)) + " to " +
                                      folder.path("target") + ": Is a directory");
  EXPECT_TRUE(folder.has(partial_file_name(one.id)));
}

TEST_F(FileThreadTest, ADeviceOrAPipeIsNeverReplaced) {
  ASSERT_EQ(::mkfifo(folder.path("target").c_str(), 0600), 0);
  const auto one = job("content");
  const auto failed = std::get<event::FileFailed>(commit(one));
  EXPECT_NE(failed.error.message.find("none of them is replaced"), std::string::npos)
      << failed.error.message;
  EXPECT_TRUE(std::filesystem::is_fifo(folder.path("target")));
  EXPECT_TRUE(folder.has(partial_file_name(one.id)));
}

TEST_F(FileThreadTest, ALinkIsReplacedAndNotWhatItPointsTo) {
  folder.write("other", "stays");
  std::filesystem::create_symlink(folder.path("other"), folder.path("target"));
  EXPECT_TRUE(std::holds_alternative<event::FileCommitted>(commit(job("content"))));
  EXPECT_FALSE(std::filesystem::is_symlink(folder.path("target")));
  EXPECT_EQ(folder.read("target"), "content");
  EXPECT_EQ(folder.read("other"), "stays");
}

TEST_F(FileThreadTest, AFailedRenameNamesBothPaths) {
  const auto one = job("content");
  ops.rename_errno = EACCES;
  const auto failed = std::get<event::FileFailed>(commit(one));
  EXPECT_EQ(failed.error.message, "rename " + folder.path(partial_file_name(one.id)) + " to " +
                                      folder.path("target") + ": Permission denied");
  EXPECT_EQ(failed.error.hresult, hr::kAccessDenied);
  EXPECT_FALSE(failed.bytes_lost);
}

TEST_F(FileThreadTest, AFolderThatCannotBeSyncedIsAnError) {
  ops.fsync_errno = EIO;
  EXPECT_TRUE(std::holds_alternative<event::FileFailed>(commit(job("content"))));
}

TEST_F(FileThreadTest, ACommitThatHadSucceededBeforeSucceedsAgain) {
  const auto one = job("content");
  commit(one);
  EXPECT_EQ(std::get<event::FileCommitted>(commit(one)).file_name, "target");
}

TEST_F(FileThreadTest, ANumberedCommitThatHadSucceededBeforeIsFound) {
  folder.write("a", "mine");
  const auto one = job("content", "a", Collision::MakeUnique);
  commit(one);
  EXPECT_EQ(std::get<event::FileCommitted>(commit(one)).file_name, "a (2)");
  EXPECT_EQ(folder.names().size(), 2U);
}

TEST_F(FileThreadTest, AForeignTargetIsNoProofOfAnEarlierCommit) {
  const auto one = job("content");
  ASSERT_EQ(::unlink(folder.path(partial_file_name(one.id)).c_str()), 0);
  folder.write("target", "foreign");  // of the same size
  auto other = one;
  other.intent->inode += 1'000'000;
  const auto failed = std::get<event::FileFailed>(commit(other));
  EXPECT_TRUE(failed.bytes_lost);
  EXPECT_EQ(folder.read("target"), "foreign");
}

TEST_F(FileThreadTest, APartialFileThatHasChangedSinceItsSyncIsNotCommitted) {
  const auto one = job("content");
  folder.write(partial_file_name(one.id), "cut");
  EXPECT_TRUE(std::get<event::FileFailed>(commit(one)).bytes_lost);
  EXPECT_FALSE(folder.has("target"));
}

// ---- the rest

TEST_F(FileThreadTest, DiscardRemovesThePartialFileIfThereIsOne) {
  const auto one = job("content");
  for (int i = 0; i < 2; ++i) {
    const auto told = all_at_once([&](FileThread& thread) { thread.discard(one); });
    EXPECT_TRUE(std::holds_alternative<event::FileDiscarded>(told.at(0).second));
    EXPECT_TRUE(folder.names().empty());
  }
}

TEST_F(FileThreadTest, JobsOfOneTransferStayInOrder) {
  const auto many = jobs(10);
  const auto told = all_at_once([&](FileThread& thread) {
    for (const auto& one : many) {
      thread.sync(one);
      thread.commit(one);
      thread.discard(one);
    }
  });
  ASSERT_EQ(told.size(), 30U);
  for (const auto& one : many) {
    std::vector<std::size_t> kinds;
    for (const auto& [id, event] : told) {
      if (id == one.id) kinds.push_back(event.index());
    }
    const std::vector<std::size_t> expected = {Event(event::FileSynced{}).index(),
                                               Event(event::FileCommitted{}).index(),
                                               Event(event::FileDiscarded{}).index()};
    EXPECT_EQ(kinds, expected);
  }
  EXPECT_EQ(ops.syncfss, 1);
  EXPECT_EQ(ops.fsyncs, 1);
}

TEST_F(FileThreadTest, OtherWorkIsDoneInOrderWithTheRest) {
  const auto one = job("content");
  bool committed_before = false;
  all_at_once([&](FileThread& thread) {
    thread.commit(one);
    thread.run([&] { committed_before = folder.has("target"); });
  });
  EXPECT_TRUE(committed_before);
}

TEST_F(FileThreadTest, ACheckpointTellsTheDurableSize) {
  auto file = PartialFile::open(ops, folder.path(), random_guid(), 0, false).value();
  ASSERT_TRUE(file->append(std::string("12345")));
  std::optional<Result<ByteCount>> durable;
  all_at_once([&](FileThread& thread) {
    thread.write_behind(file);
    thread.checkpoint(file, [&](Result<ByteCount> result) { durable = std::move(result); });
  });
  ASSERT_TRUE(durable.has_value());
  EXPECT_EQ(durable->value(), 5U);
}

TEST_F(FileThreadTest, ACheckpointOfACutFileTellsNoDurableSize) {
  const TransferId id = random_guid();
  auto file = PartialFile::open(ops, folder.path(), id, 0, false).value();
  ASSERT_TRUE(file->append(std::string("12345")));
  std::filesystem::resize_file(folder.path(partial_file_name(id)), 2);
  std::optional<Result<ByteCount>> durable;
  all_at_once([&](FileThread& thread) {
    thread.checkpoint(file, [&](Result<ByteCount> result) { durable = std::move(result); });
  });
  ASSERT_TRUE(durable.has_value());
  EXPECT_FALSE(*durable);
  EXPECT_TRUE(file->has_lost_bytes());
}

TEST_F(FileThreadTest, ChecksFoldersAndSweepsThem) {
  const auto one = job("content");
  std::vector<FolderCheck> checks;
  all_at_once([&](FileThread& thread) {
    thread.check_folders({folder.path(), folder.path("missing")},
                         [&](std::vector<FolderCheck> result) { checks = std::move(result); });
    thread.sweep(folder.path(), [](const TransferId&) { return false; });
  });
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_FALSE(checks[0].error);
  EXPECT_TRUE(checks[1].error);
  EXPECT_TRUE(folder.names().empty());
}

TEST_F(FileThreadTest, LeavesNoFileOpen) {
  const auto many = jobs(20);
  all_at_once([&](FileThread& thread) {
    for (const auto& one : many) thread.sync(one);
    for (const auto& one : many) thread.commit(one);
  });
  EXPECT_EQ(ops.open_files, 0);
}

}  // namespace
}  // namespace lh
