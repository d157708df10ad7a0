#include "platform/xdg_paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include <gtest/gtest.h>

namespace lh {
namespace {

/// Sets variables for one test and puts the old ones back.
class Environment {
 public:
  ~Environment() {
    for (const auto& [name, value] : old_) {
      if (value) {
        ::setenv(name.c_str(), value->c_str(), 1);
      } else {
        ::unsetenv(name.c_str());
      }
    }
  }
  void set(const std::string& name, std::optional<std::string> value) {
    const char* old = std::getenv(name.c_str());
    old_.try_emplace(name, old == nullptr ? std::nullopt : std::optional<std::string>(old));
    if (value) {
      ::setenv(name.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(name.c_str());
    }
  }

 private:
  std::map<std::string, std::optional<std::string>> old_;
};

class XdgPathsTest : public testing::Test {
 protected:
  void SetUp() override {
    environment_.set("HOME", "/home/ann");
    environment_.set("XDG_STATE_HOME", {});
    environment_.set("XDG_CONFIG_HOME", {});
    environment_.set("XDG_RUNTIME_DIR", "/run/user/7");
  }
  Environment environment_;
};

TEST_F(XdgPathsTest, DefaultsLieInTheHomeFolder) {
  const auto paths = XdgPaths::from_environment();
  ASSERT_TRUE(paths);
  EXPECT_EQ(paths->state_folder, "/home/ann/.local/state/longhaul");
  EXPECT_EQ(paths->config_file, "/home/ann/.config/longhaul/longhaul.toml");
  EXPECT_EQ(paths->runtime_folder, "/run/user/7/longhaul");
}

TEST_F(XdgPathsTest, VariablesWinAndAreTidied) {
  environment_.set("XDG_STATE_HOME", "/data//state/../s/");
  environment_.set("XDG_CONFIG_HOME", "/etc/ann");
  const auto paths = XdgPaths::from_environment();
  ASSERT_TRUE(paths);
  EXPECT_EQ(paths->state_folder, "/data/s/longhaul");
  EXPECT_EQ(paths->config_file, "/etc/ann/longhaul/longhaul.toml");
}

TEST_F(XdgPathsTest, AnEmptyVariableCountsAsUnset) {
  environment_.set("XDG_STATE_HOME", "");
  const auto paths = XdgPaths::from_environment();
  ASSERT_TRUE(paths);
  EXPECT_EQ(paths->state_folder, "/home/ann/.local/state/longhaul");
}

TEST_F(XdgPathsTest, ARelativePathIsRefusedByName) {
  for (const char* variable : {"XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "HOME"}) {
    Environment environment;
    environment.set(variable, "relative/folder");
    const auto paths = XdgPaths::from_environment();
    ASSERT_FALSE(paths) << variable;
    EXPECT_EQ(paths.error().kind, ErrorKind::Config);
    EXPECT_EQ(paths.error().subject, variable);
  }
}

TEST_F(XdgPathsTest, WithoutARuntimeFolderTheSameUserFindsTheSamePrivateOne) {
  environment_.set("XDG_RUNTIME_DIR", {});
  environment_.set("TMPDIR", "/elsewhere");
  const auto paths = XdgPaths::from_environment();
  ASSERT_TRUE(paths);
  EXPECT_EQ(paths->runtime_folder, "/tmp/longhaul-" + std::to_string(::geteuid()));
}

TEST(PrivateBusFolder, DiffersByStateAndByRuntimeFolder) {
  const XdgPaths one{"/a/longhaul", "", "/run/user/1/longhaul"};
  const XdgPaths other_state{"/b/longhaul", "", "/run/user/1/longhaul"};
  const XdgPaths other_runtime{"/a/longhaul", "", "/run/user/2/longhaul"};
  EXPECT_NE(one.private_bus_folder(), other_state.private_bus_folder());
  EXPECT_NE(one.private_bus_folder(), other_runtime.private_bus_folder());
  EXPECT_EQ(one.private_bus_folder(), XdgPaths(one).private_bus_folder());
  EXPECT_TRUE(one.private_bus_folder().starts_with(one.runtime_folder + "/"));
}

TEST(PrivateBusFolder, FitsASocketAddressHoweverDeepTheRuntimeFolderIs) {
  for (std::size_t length = 1; length < 300; ++length) {
    const XdgPaths paths{"/state", "", "/" + std::string(length, 'r')};
    EXPECT_LE((paths.private_bus_folder() + "/bus").size(), 107U) << length;
  }
  const XdgPaths one{"/a", "", "/" + std::string(200, 'r')};
  const XdgPaths other_state{"/b", "", one.runtime_folder};
  const XdgPaths other_runtime{"/a", "", "/" + std::string(200, 's')};
  EXPECT_NE(one.private_bus_folder(), other_state.private_bus_folder());
  EXPECT_NE(one.private_bus_folder(), other_runtime.private_bus_folder());
}

class EnsurePrivateFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "longhaul-xdg-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  static mode_t mode_of(const std::string& path) {
    struct ::stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_mode & 0777;
  }
  std::string root_;
};

TEST_F(EnsurePrivateFolder, MakesAllThatIsMissingForTheUserAlone) {
  const mode_t old = ::umask(0);
  const auto made = ensure_private_folder(root_ + "/a/b/c");
  ::umask(old);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(mode_of(root_ + "/a"), 0700U);
  EXPECT_EQ(mode_of(root_ + "/a/b/c"), 0700U);
  EXPECT_TRUE(ensure_private_folder(root_ + "/a/b/c"));
}

TEST_F(EnsurePrivateFolder, AcceptsAFolderThatOthersMayOnlyRead) {
  ASSERT_EQ(::chmod(root_.c_str(), 0755), 0);
  EXPECT_TRUE(ensure_private_folder(root_));
}

TEST_F(EnsurePrivateFolder, RefusesAFolderThatOthersMayWriteTo) {
  for (const mode_t mode : {0770U, 0702U, 0777U}) {
    ASSERT_EQ(::chmod(root_.c_str(), mode), 0);
    const auto made = ensure_private_folder(root_);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().subject, root_);
  }
}

TEST_F(EnsurePrivateFolder, RefusesAFileAndAFolderOfAnotherUser) {
  std::filesystem::create_symlink("/dev/null", root_ + "/file");
  EXPECT_FALSE(ensure_private_folder(root_ + "/file"));
  EXPECT_FALSE(ensure_private_folder(root_ + "/file/below"));
  if (::geteuid() == 0) {
    std::filesystem::create_directory(root_ + "/theirs");
    ASSERT_EQ(::chown((root_ + "/theirs").c_str(), 12345, 12345), 0);
    EXPECT_FALSE(ensure_private_folder(root_ + "/theirs"));
  } else {
    EXPECT_FALSE(ensure_private_folder("/usr"));
  }
}

}  // namespace
}  // namespace lh
