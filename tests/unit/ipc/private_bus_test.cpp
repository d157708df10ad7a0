#include "ipc/private_bus.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sdbus-c++/sdbus-c++.h>

#include "ipc/bus_address.h"
#include "ipc/detached_process.h"
#include "platform/xdg_paths.h"

namespace lh {
namespace {

using namespace std::chrono_literals;

class PrivateBus : public testing::Test {
 protected:
  PrivateBus() {
    char name[] = "/tmp/longhaul-bus-XXXXXX";
    folder_ = std::string(::mkdtemp(name)) + "/b us";
  }
  ~PrivateBus() override {
    end_bus();
    // The bus may still be removing its socket.
    const auto parent = std::filesystem::path(folder_).parent_path();
    std::error_code failure;
    while (std::filesystem::exists(parent)) std::filesystem::remove_all(parent, failure);
  }

  Result<std::string> ensure(const std::string& daemon = "/bin/false") {
    Result<PrivateBusLock> lock = PrivateBusLock::acquire(folder_, 10s);
    if (!lock) return lock.error();
    return ensure_private_bus(*lock, folder_, daemon, 10s);
  }
  std::unique_ptr<sdbus::IConnection> connect() {
    return sdbus::createSessionBusConnectionWithAddress(private_bus_address(folder_));
  }
  static bool is_running(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    const std::size_t state = text.rfind(") ");
    return state != std::string::npos && text[state + 2] != 'Z' && text[state + 2] != 'X';
  }
  pid_t bus_pid(sdbus::IConnection& connection) {
    const auto bus =
        sdbus::createProxy(connection, "org.freedesktop.DBus", "/org/freedesktop/DBus");
    std::uint32_t pid = 0;
    bus->callMethod("GetConnectionUnixProcessID")
        .onInterface("org.freedesktop.DBus")
        .withArguments("org.freedesktop.DBus")
        .storeResultsTo(pid);
    return static_cast<pid_t>(pid);
  }
  void end_bus() {
    try {
      const auto connection = connect();
      ::kill(bus_pid(*connection), SIGTERM);
    } catch (const sdbus::Error&) {  // it did not run
    }
  }

  std::string folder_;
};

TEST_F(PrivateBus, IsReadyWhenTheCallReturns) {
  const Result<std::string> address = ensure();
  ASSERT_TRUE(address.ok()) << address.error().message();
  EXPECT_EQ(*address, private_bus_address(folder_));
  EXPECT_NO_THROW(connect());
}

TEST_F(PrivateBus, TenClientsAtOnceFindOneBus) {
  std::vector<std::thread> clients;
  std::array<pid_t, 10> pids{};
  for (pid_t& pid : pids) {
    clients.emplace_back([this, &pid] {
      Result<PrivateBusLock> lock = PrivateBusLock::acquire(folder_, 30s);
      if (!lock || !ensure_private_bus(*lock, folder_, "/bin/false", 10s)) return;
      pid = bus_pid(*connect());
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_GT(pids[0], 0);
  for (const pid_t pid : pids) EXPECT_EQ(pid, pids[0]);
}

TEST_F(PrivateBus, ASocketThatNobodyServesIsReplaced) {
  ASSERT_TRUE(ensure_private_folder(folder_).ok());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, (folder_ + "/bus").c_str());
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  EXPECT_TRUE(ensure().ok());
  EXPECT_NO_THROW(connect());
}

TEST_F(PrivateBus, ActivatesTheDaemonItWasTold) {
  const std::string script = std::filesystem::path(folder_).parent_path() / R"(d$`e"mon\ \\x)";
  const std::string proof = std::filesystem::path(folder_).parent_path() / "started";
  std::ofstream(script) << "#!/bin/sh\necho \"$DBUS_SESSION_BUS_ADDRESS\" > '" << proof << "'\n";
  ::chmod(script.c_str(), 0700);
  ASSERT_TRUE(ensure(script).ok());
  const auto connection = connect();
  const auto bus = sdbus::createProxy(*connection, "org.freedesktop.DBus", "/org/freedesktop/DBus");
  std::uint32_t outcome = 0;
  // It ends without having taken the name.
  EXPECT_THROW(bus->callMethod("StartServiceByName")
                   .onInterface("org.freedesktop.DBus")
                   .withArguments("org.longhaul.Transfers1", std::uint32_t{0})
                   .storeResultsTo(outcome),
               sdbus::Error);
  std::string address;
  std::ifstream(proof) >> address;
  EXPECT_TRUE(is_private_bus(address, folder_)) << "\"" << address << "\"";
}

TEST_F(PrivateBus, ARunningBusIsToldOfAnotherDaemonOnceItsOwnIsGone) {
  const std::string parent = std::filesystem::path(folder_).parent_path();
  const std::string first = parent + "/first \\\"$";
  const std::string second = parent + "/second";
  for (const std::string& path : {first, second}) {
    std::ofstream(path) << "#!/bin/sh\n";
    ::chmod(path.c_str(), 0700);
  }
  const auto service = [this] {
    std::ifstream file(folder_ + "/services/org.longhaul.Transfers1.service");
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  ASSERT_TRUE(ensure(first).ok());
  const std::string before = service();
  ASSERT_TRUE(ensure(second).ok());
  EXPECT_EQ(service(), before);
  std::filesystem::remove(first);
  ASSERT_TRUE(ensure(second).ok());
  EXPECT_NE(service().find("Exec=\"" + second + "\""), std::string::npos) << service();
}

TEST_F(PrivateBus, EndsWhenOnlyTheDaemonIsLeft) {
  ASSERT_TRUE(ensure().ok());
  const auto daemon = connect();
  const pid_t pid = bus_pid(*daemon);
  const std::string name = daemon->getUniqueName();
  {
    const auto client = connect();
    const auto ended = end_private_bus_if_alone(folder_, name);
    ASSERT_TRUE(ended.ok());
    EXPECT_FALSE(*ended);
  }
  EXPECT_EQ(::kill(pid, 0), 0);
  // In a process of its own, since the lock is kept until that ends.
  const pid_t child = ::fork();
  if (child == 0) {
    // The bus hears of the client's end in order, but not at once.
    for (int i = 0; i < 1000; ++i) {
      const auto ended = end_private_bus_if_alone(folder_, name);
      if (!ended) ::_exit(2);
      if (*ended) ::_exit(PrivateBusLock::acquire(folder_, 0ms).ok() ? 3 : 0);
    }
    ::_exit(4);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(ensure().ok()) << "a client that comes later starts it anew";
}

// At its end dbus-daemon removes its socket by name: that of a successor, if it is too late.
TEST_F(PrivateBus, IsGoneBeforeAnotherMayBegin) {
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(ensure().ok());
    pid_t pid = 0;
    {
      const auto client = connect();
      pid = bus_pid(*client);
      const auto ended = end_private_bus_if_alone(folder_, client->getUniqueName(), KeepLock::No);
      ASSERT_TRUE(ended.ok());
      if (!*ended) continue;  // the last round's client is still being seen off
    }
    EXPECT_FALSE(is_running(pid));
  }
}

TEST_F(PrivateBus, OnlyOneHoldsTheLock) {
  const Result<PrivateBusLock> first = PrivateBusLock::acquire(folder_, 0ms);
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(PrivateBusLock::acquire(folder_, 0ms).ok());
}

TEST(DetachedProcess, AProgramThatIsMissingIsReported) {
  char name[] = "/tmp/longhaul-log-XXXXXX";
  ::close(::mkstemp(name));
  DetachedProcess process;
  process.arguments = {"/nonexistent/program"};
  process.log_file = name;
  const Result<void> started = start_detached(std::move(process));
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ENOENT);
  ::unlink(name);
}

TEST(DetachedProcess, HasItsEnvironmentItsDescriptorAndNoOther) {
  char name[] = "/tmp/longhaul-log-XXXXXX";
  ::close(::mkstemp(name));
  int ends[2];
  ASSERT_EQ(::pipe2(ends, 0), 0);  // inheritable, as an app may have them
  int result[2];
  ASSERT_EQ(::pipe2(result, O_CLOEXEC), 0);
  DetachedProcess process;
  process.arguments = {"/bin/sh", "-c",
                       "for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 20 30; do [ -e /proc/$$/fd/$n ] && "
                       "printf '%s ' $n >&3; done; "
                       "printf '%s|%s|' \"$ADDED\" \"${HOME-none}\" >&3; ps -o sid= -p $$ >&3"};
  process.environment = {{"ADDED", "yes"}, {"HOME", ""}};
  process.log_file = name;
  process.passed = UniqueFd(result[1]);
  ASSERT_TRUE(start_detached(std::move(process)).ok());
  std::string text;
  char part[256];
  for (ssize_t got = 0; (got = ::read(result[0], part, sizeof part)) > 0;) {
    text.append(part, static_cast<std::size_t>(got));
  }
  EXPECT_EQ(text.rfind("0 1 2 3 yes|none|", 0), 0U) << text;
  for (const int fd : {ends[0], ends[1], result[0]}) ::close(fd);
  ::unlink(name);
}

}  // namespace
}  // namespace lh
