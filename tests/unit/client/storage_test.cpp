#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "longhaul/storage/buffer.h"
#include "longhaul/storage/data_reader.h"
#include "longhaul/storage/storage_folder.h"

namespace longhaul {
namespace {

class Storage : public testing::Test {
 protected:
  Storage() {
    char name[] = "/tmp/longhaul-storage-XXXXXX";
    path_ = ::mkdtemp(name);
    folder_ = StorageFolder::GetFolderFromPathAsync(hstring(path_)).get();
  }
  ~Storage() override { std::filesystem::remove_all(path_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(path_ + "/" + name) << text;
  }
  std::string read(const std::string& name) {
    std::ifstream file(path_ + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static hresult code_of(const auto& call) {
    try {
      call();
    } catch (const hresult_error& error) {
      return error.code();
    }
    return hresult(0);
  }

  std::string path_;
  StorageFolder folder_ = nullptr;
};

TEST_F(Storage, CreatesAnEmptyFile) {
  const StorageFile file = folder_.CreateFileAsync(L"a.tar.gz").get();
  EXPECT_EQ(file.Name(), L"a.tar.gz");
  EXPECT_EQ(file.FileType(), L".gz");
  EXPECT_EQ(to_string(file.Path()), path_ + "/a.tar.gz");
  EXPECT_TRUE(file.IsAvailable());
}

TEST_F(Storage, TheOptionSaysWhatHappensToANameThatIsTaken) {
  write("a.txt", "old");
  EXPECT_EQ(code_of([&] { folder_.CreateFileAsync(L"a.txt").get(); }), hresult(0x800700B7U));
  EXPECT_EQ(read("a.txt"), "old");
  EXPECT_EQ(
      folder_.CreateFileAsync(L"a.txt", CreationCollisionOption::GenerateUniqueName).get().Name(),
      L"a (2).txt");
  EXPECT_EQ(
      folder_.CreateFileAsync(L"a.txt", CreationCollisionOption::GenerateUniqueName).get().Name(),
      L"a (3).txt");
  folder_.CreateFileAsync(L"a.txt", CreationCollisionOption::OpenIfExists).get();
  EXPECT_EQ(read("a.txt"), "old");
  folder_.CreateFileAsync(L"a.txt", CreationCollisionOption::ReplaceExisting).get();
  EXPECT_EQ(read("a.txt"), "");
}

TEST_F(Storage, NamesThatLeaveTheFolderAreRefused) {
  for (const char* name : {"", ".", "..", "a/b", "/etc/passwd"}) {
    EXPECT_EQ(code_of([&] { folder_.CreateFileAsync(hstring(name)).get(); }), hresult(0x80070057U))
        << name;
  }
}

TEST_F(Storage, ErrorsOfThePathHaveTheirNumbers) {
  const auto open = [](const std::string& path) {
    return code_of([&] { StorageFile::GetFileFromPathAsync(hstring(path)).get(); });
  };
  EXPECT_EQ(open(path_ + "/none"), hresult(0x80070002U));
  EXPECT_EQ(open("relative"), hresult(0x80070057U));
  EXPECT_EQ(open(path_), hresult(0x8007010BU));
  EXPECT_EQ(open("/dev/null"), hresult(0x80070057U)) << "a device is no file";
  write("f", "");
  EXPECT_EQ(open(path_ + "/f/g"), hresult(0x80070003U));
}

TEST_F(Storage, ARenamedFileIsFollowedByEveryHandle) {
  write("a", "1");
  write("b", "2");
  const StorageFile file = folder_.GetFileAsync(L"a").get();
  const IStorageFile same = file;
  EXPECT_EQ(code_of([&] { file.RenameAsync(L"b").get(); }), hresult(0x800700B7U));
  file.RenameAsync(L"b", NameCollisionOption::GenerateUniqueName).get();
  EXPECT_EQ(same.Name(), L"b (2)");
  file.RenameAsync(L"b", NameCollisionOption::ReplaceExisting).get();
  EXPECT_EQ(same.Name(), L"b");
  EXPECT_EQ(read("b"), "1");
  EXPECT_TRUE(same == file.as<IStorageFile>() || same.Path() == file.Path());
}

TEST_F(Storage, ADeletedFileIsGone) {
  const StorageFile file = folder_.CreateFileAsync(L"a").get();
  file.DeleteAsync().get();
  EXPECT_FALSE(file.IsAvailable());
  EXPECT_EQ(code_of([&] { file.DeleteAsync().get(); }), hresult(0x80070002U));
}

TEST(Buffer, KnowsCapacityAndLength) {
  const Buffer buffer(4);
  EXPECT_EQ(buffer.Capacity(), 4U);
  EXPECT_EQ(buffer.Length(), 0U);
  buffer.Length(3);
  EXPECT_EQ(IBuffer(buffer).Length(), 3U);
  EXPECT_THROW(buffer.Length(5), hresult_out_of_bounds);
}

/// Gives what it has in pieces of at most three bytes.
class Drops final : public detail::InputStreamSource {
 public:
  explicit Drops(std::string text) : text_(std::move(text)) {}

  IAsyncOperationWithProgress<IBuffer, std::uint32_t> read(const IBuffer& buffer,
                                                           std::uint32_t count,
                                                           InputStreamOptions) override {
    const auto state = std::make_shared<detail::AsyncProgressState<IBuffer, std::uint32_t>>();
    const auto length = std::min<std::size_t>({count, 3, text_.size()});
    std::copy_n(text_.begin(), length, buffer.data());
    buffer.Length(static_cast<std::uint32_t>(length));
    text_.erase(0, length);
    state->complete(buffer);
    return IAsyncOperationWithProgress<IBuffer, std::uint32_t>(state);
  }
  void close() override {}

 private:
  std::string text_;
};

TEST(DataReader, ReadsWhatWasLoaded) {
  const DataReader reader{IInputStream(std::make_shared<Drops>("Grüße"))};
  EXPECT_EQ(reader.LoadAsync(100).get(), 3U);
  EXPECT_EQ(reader.ReadByte(), 'G');
  EXPECT_EQ(reader.LoadAsync(100).get(), 3U);
  EXPECT_EQ(reader.LoadAsync(100).get(), 1U);
  EXPECT_EQ(reader.LoadAsync(100).get(), 0U);
  EXPECT_EQ(reader.UnconsumedBufferLength(), 6U);
  EXPECT_THROW(static_cast<void>(reader.ReadString(7)), hresult_out_of_bounds);
  EXPECT_EQ(reader.ReadString(6), L"rüße");
}

}  // namespace
}  // namespace longhaul
