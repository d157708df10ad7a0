#include "daemon/config.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lh {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// The message of the error, or "" if there is none.
std::string complaint(std::string_view text) {
  const auto config = parse_config(text, "/etc/x.toml");
  if (config) return "";
  EXPECT_EQ(config.error().kind, ErrorKind::Config);
  return config.error().message();
}

TEST(Config, WithoutAFileTheDefaultsHold) {
  const auto config = load_config("/nonexistent/longhaul.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(*config, Config());
  EXPECT_EQ(config->limits, Limits());
}

TEST(Config, AnEmptyFileMeansTheDefaults) {
  EXPECT_EQ(*parse_config("", "x"), Config());
  EXPECT_EQ(*parse_config("# nothing\n[limits]\n[tls]\n", "x"), Config());
}

TEST(Config, WritingTheDocumentedDefaultsChangesNothing) {
  const auto config = parse_config(R"(
[limits]
running = 64
running_per_origin = 6
max_operations_per_app = 0
retention_days = 30
idle_exit_s = 30
spool_max_mib = 4096
[timeouts]
connect_s = 300
response_s = 120
stall_s = 120
[retry]
count = 3
delays_s = [1, 5, 30]
retry_after_min_s = 1
retry_after_max_s = 86400
[policy]
pause_on_exit = []
battery_percent_min = 20
power_saver = true
[politeness]
class = "background"
[log]
level = "info"
)",
                                   "x");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(*config, Config());
}

TEST(Config, EveryKeyHasItsEffect) {
  const auto config = parse_config(R"(
[limits]
running = 1
running_per_origin = 2
max_operations_per_app = 3
retention_days = 4
idle_exit_s = 5
spool_max_mib = 6
[timeouts]
connect_s = 7
response_s = 8
stall_s = 9
[retry]
count = 10
delays_s = [0.5, 11]
retry_after_min_s = 12
retry_after_max_s = 13
[policy]
pause_on_exit = ["org.example.a", "org.example.b"]
battery_percent_min = 14
power_saver = false
[politeness]
class = "normal"
[tls]
min_version = "1.3"
ca_file = "/etc/ca.pem"
crl_file = "/etc/crl.pem"
[log]
level = "trace"
[[client_certificate]]
host = "*.example.org"
certificate = "/me.pem"
key = "/me.key"
[[connection]]
interface = "wwan*"
metered = true
limit_gib = 1.5
period = "monthly:15"
[[connection]]
ssid = "Hotel*"
id = "Hotel"
roaming = false
restrict = true
)",
                                   "x");
  ASSERT_TRUE(config) << config.error().message();
  Config expected;
  expected.limits.running = 1;
  expected.limits.running_per_origin = 2;
  expected.limits.max_operations_per_app = 3;
  expected.limits.retention = std::chrono::hours(96);
  expected.limits.idle_exit = 5s;
  expected.limits.spool_max_mib = 6;
  expected.limits.connect_timeout = 7s;
  expected.limits.response_timeout = 8s;
  expected.limits.stall_timeout = 9s;
  expected.limits.retry_count = 10;
  expected.limits.retry_delays = {500ms, 11s};
  expected.limits.retry_after_min = 12s;
  expected.limits.retry_after_max = 13s;
  expected.pause_on_exit = {"org.example.a", "org.example.b"};
  expected.battery_percent_min = 14;
  expected.power_saver = false;
  expected.politeness_class = "normal";
  expected.tls_min_version = "1.3";
  expected.tls_ca_file = "/etc/ca.pem";
  expected.tls_crl_file = "/etc/crl.pem";
  expected.client_certificates = {{"*.example.org", "/me.pem", "/me.key"}};
  expected.log_level = LogLevel::Trace;
  expected.connections.resize(2);
  expected.connections[0].interface_pattern = "wwan*";
  expected.connections[0].metered = true;
  expected.connections[0].limit_gib = 1.5;
  expected.connections[0].period = "monthly:15";
  expected.connections[1].ssid_pattern = "Hotel*";
  expected.connections[1].id_pattern = "Hotel";
  expected.connections[1].roaming = false;
  expected.connections[1].restrict_background = true;
  EXPECT_EQ(*config, expected);
}

TEST(Config, AMistakeIsNamedWithFileLineAndColumn) {
  EXPECT_THAT(complaint("[limits]\nrunning = 64\nruning = 1\n"),
              StartsWith("/etc/x.toml:3:1: unknown key \"runing\" in [limits]"));
  EXPECT_THAT(complaint("[log]\nlevel = \"loud\"\n"), StartsWith("/etc/x.toml:2:9: "));
}

TEST(Config, ANearMissIsAnsweredWithTheRightName) {
  EXPECT_THAT(complaint("[limits]\nruning = 1\n"), HasSubstr("did you mean \"running\"?"));
  EXPECT_THAT(complaint("[limit]\nrunning = 1\n"), HasSubstr("did you mean \"limits\"?"));
  EXPECT_THAT(complaint("[[connection]]\nsid = \"x\"\n"), HasSubstr("did you mean \"ssid\"?"));
}

TEST(Config, AFarMissIsAnsweredWithAllThatIsAllowed) {
  EXPECT_THAT(complaint("[timeouts]\nnonsense = 1\n"),
              HasSubstr("allowed are connect_s, response_s and stall_s"));
  EXPECT_THAT(complaint("whatever = 1\n"), HasSubstr("limits, timeouts, retry, policy"));
}

TEST(Config, WrongValuesAreRefusedWithWhatIsAllowed) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"[limits]\nrunning = 0", "running must be a whole number from 1 to 1000"},
      {"[limits]\nrunning = 1001", "from 1 to 1000"},
      {"[limits]\nrunning = \"64\"", "from 1 to 1000"},
      {"[limits]\nrunning = 6.5", "from 1 to 1000"},
      {"[limits]\nmax_operations_per_app = -1", "0 for no limit"},
      {"[limits]\nretention_days = 36501", "0 to 36500"},
      {"[limits]\nspool_max_mib = 0", "from 1"},
      {"[timeouts]\nconnect_s = 0", "from 1 to 86400"},
      {"[timeouts]\nstall_s = true", "from 1 to 86400"},
      {"[retry]\ncount = -1", "0 to 1000"},
      {"[retry]\ndelays_s = []", "1 to 32"},
      {"[retry]\ndelays_s = 5", "list"},
      {"[retry]\ndelays_s = [1, -1]", "0 to 86400"},
      {"[retry]\ndelays_s = [1, nan]", "0 to 86400"},
      {"[retry]\ndelays_s = [\"1\"]", "0 to 86400"},
      {"[retry]\nretry_after_max_s = 0", "retry_after_max_s must be"},
      {"[retry]\nretry_after_min_s = 100\nretry_after_max_s = 50", "must not be above"},
      {"[policy]\npause_on_exit = \"org.example.a\"", "list of app ids"},
      {"[policy]\npause_on_exit = [\"\"]", "list of app ids"},
      {"[policy]\npause_on_exit = [1]", "list of app ids"},
      {"[policy]\nbattery_percent_min = 101", "0 to 100"},
      {"[policy]\npower_saver = 1", "true or false"},
      {"[politeness]\nclass = \"rude\"", "\"background\" or \"normal\""},
      {"[tls]\nmin_version = 1.2", "\"1.2\""},
      {"[tls]\nmin_version = \"2\"", "\"1.2\""},
      {"[tls]\nca_file = \"ca.pem\"", "absolute path"},
      {"[tls]\ncrl_file = 1", "revocation lists"},
      {"client_certificate = 1", "written as [[client_certificate]]"},
      {"[[client_certificate]]\nhost = \"h\"", "needs host and certificate"},
      {"[[client_certificate]]\nhost = \"h\"\ncertificate = \"me.pem\"", "absolute path"},
      {"[[client_certificate]]\nhots = \"h\"", "did you mean \"host\"?"},
      {"[log]\nlevel = \"Info\"", "\"trace\", \"debug\", \"info\", \"warning\" or \"error\""},
      {"[[connection]]\nmetered = true", "needs interface, ssid or id"},
      {"[[connection]]\nid = \"\"", "not empty"},
      {"[[connection]]\nid = \"x\"\nlimit_gib = 0", "above 0"},
      {"[[connection]]\nid = \"x\"\nlimit_gib = inf", "above 0"},
      {"[[connection]]\nid = \"x\"\nperiod = \"monthly:32\"", "monthly:DAY"},
      {"[[connection]]\nid = \"x\"\nperiod = 30", "monthly:DAY"},
      {"[[connection]]\nid = \"x\"\nrestrict = \"yes\"", "true or false"},
      {"[connection]\nid = \"x\"", "[[connection]]"},
      {"connection = [1]", "[[connection]]"},
      {"limits = 5", "must be a table: [limits]"},
      {"[[limits]]\nrunning = 1", "must be a table: [limits]"},
  };
  for (const auto& [text, word] : table) EXPECT_THAT(complaint(text), HasSubstr(word)) << text;
}

TEST(Config, SyntaxErrorsAreNamedWithTheirPlace) {
  for (const char* text :
       {"[limits\nrunning = 1\n", "[limits]\nrunning =\n", "[limits]\n[limits]\n",
        "[limits]\nrunning = 1\nrunning = 2\n", "\xff\xfe", "a = 'x"}) {
    EXPECT_THAT(complaint(text), testing::MatchesRegex("/etc/x.toml:[0-9]+:[0-9]+: .+")) << text;
  }
}

TEST(Config, AllMistakesAreToldInTheOrderOfTheFile) {
  const std::string text = complaint(
      "[timeouts]\nstall_s = 0\nconnect_s = 0\n[limits]\nrunnin = 1\n[extra]\n[log]\nlevel = 5\n");
  std::vector<std::string> lines;
  std::string rest = text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    lines.push_back(rest.substr(0, end));
    rest = end == std::string::npos ? "" : rest.substr(end + 1);
  }
  EXPECT_THAT(lines, ElementsAre(StartsWith("/etc/x.toml:2:"), StartsWith("/etc/x.toml:3:"),
                                 StartsWith("/etc/x.toml:5:"), StartsWith("/etc/x.toml:6:"),
                                 StartsWith("/etc/x.toml:8:")));
}

TEST(Config, AFileThatCannotBeReadIsAnErrorNotTheDefaults) {
  const auto config = load_config("/proc/self");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message(), HasSubstr("/proc/self"));
}

TEST(Config, AFileIsReadFromItsPath) {
  std::string path = testing::TempDir() + "longhaul-config-XXXXXX";
  const int file = ::mkstemp(path.data());
  ASSERT_GE(file, 0);
  ::close(file);
  std::ofstream(path) << "[limits]\nrunning = 7\n";
  EXPECT_EQ(load_config(path)->limits.running, 7U);
  std::ofstream(path) << "[limits]\nrunning = x\n";
  EXPECT_THAT(load_config(path).error().message(), StartsWith(path + ":2:"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace lh
