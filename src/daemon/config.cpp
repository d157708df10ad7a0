#include "daemon/config.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>

#include <toml++/toml.h>

#include "platform/unique_fd.h"

namespace lh {
namespace {

/// A setter says whether the value was of the kind that the key allows.
struct Key {
  std::string_view table;
  std::string_view name;
  std::string_view allowed;
  std::function<bool(const toml::node&, Config&)> set;
};

template <typename Number>
std::optional<Number> whole(const toml::node& node, std::int64_t low, std::int64_t high) {
  const toml::value<std::int64_t>* const value = node.as_integer();
  if (value == nullptr || value->get() < low || value->get() > high) return std::nullopt;
  return static_cast<Number>(value->get());
}

/// Key of a whole number that is stored as it is.
template <typename Number>
Key number(std::string_view table, std::string_view name, std::string_view allowed,
           std::int64_t low, std::int64_t high, Number Limits::* member) {
  return {table, name, allowed, [=](const toml::node& node, Config& config) {
            const auto value = whole<Number>(node, low, high);
            if (value) config.limits.*member = *value;
            return value.has_value();
          }};
}

/// Key of a length of time; the file counts in `unit`.
template <typename Unit>
Key duration(std::string_view table, std::string_view name, std::string_view allowed,
             std::int64_t low, std::int64_t high, Duration Limits::* member) {
  return {table, name, allowed, [=](const toml::node& node, Config& config) {
            const auto value = whole<std::int64_t>(node, low, high);
            if (value) config.limits.*member = std::chrono::duration_cast<Duration>(Unit(*value));
            return value.has_value();
          }};
}

bool set_text(const toml::node& node, std::string& to) {
  const toml::value<std::string>* const value = node.as_string();
  if (value == nullptr) return false;
  to = value->get();
  return true;
}

bool set_path(const toml::node& node, std::string& to) {
  std::string path;
  if (!set_text(node, path) || !path.starts_with('/')) return false;
  to = std::move(path);
  return true;
}

bool set_choice(const toml::node& node, std::string& to,
                std::initializer_list<std::string_view> choices) {
  std::string text;
  if (!set_text(node, text) || std::ranges::find(choices, text) == choices.end()) return false;
  to = std::move(text);
  return true;
}

bool set_flag(const toml::node& node, bool& to) {
  const toml::value<bool>* const value = node.as_boolean();
  if (value == nullptr) return false;
  to = value->get();
  return true;
}

bool set_delays(const toml::node& node, Config& config) {
  const toml::array* const list = node.as_array();
  if (list == nullptr || list->empty() || list->size() > 32) return false;
  std::vector<Duration> delays;
  for (const toml::node& item : *list) {
    double seconds = 0;
    if (item.is_integer()) {
      seconds = static_cast<double>(item.as_integer()->get());
    } else if (item.is_floating_point()) {
      seconds = item.as_floating_point()->get();
    } else {
      return false;
    }
    if (!(seconds >= 0 && seconds <= 86400)) return false;
    delays.emplace_back(static_cast<std::int64_t>(std::llround(seconds * 1000)));
  }
  config.limits.retry_delays = std::move(delays);
  return true;
}

bool set_apps(const toml::node& node, Config& config) {
  const toml::array* const list = node.as_array();
  if (list == nullptr) return false;
  std::vector<std::string> apps;
  for (const toml::node& item : *list) {
    std::string app;
    if (!set_text(item, app) || app.empty()) return false;
    apps.push_back(std::move(app));
  }
  config.pause_on_exit = std::move(apps);
  return true;
}

bool set_level(const toml::node& node, Config& config) {
  constexpr std::array<std::pair<std::string_view, LogLevel>, 5> kLevels{
      {{"trace", LogLevel::Trace},
       {"debug", LogLevel::Debug},
       {"info", LogLevel::Info},
       {"warning", LogLevel::Warning},
       {"error", LogLevel::Error}}};
  std::string text;
  if (!set_text(node, text)) return false;
  const auto* const level = std::ranges::find(kLevels, std::string_view(text),
                                              [](const auto& item) { return item.first; });
  if (level == kLevels.end()) return false;
  config.log_level = level->second;
  return true;
}

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

const std::vector<Key>& keys() {
  using std::chrono::days;
  using std::chrono::seconds;
  static const std::vector<Key> all = {
      number("limits", "running", "a whole number from 1 to 1000", 1, 1000, &Limits::running),
      number("limits", "running_per_origin", "a whole number from 1 to 1000", 1, 1000,
             &Limits::running_per_origin),
      number("limits", "max_operations_per_app", "a whole number, 0 for no limit", 0, kMost,
             &Limits::max_operations_per_app),
      duration<days>("limits", "retention_days", "a whole number of days from 0 to 36500", 0, 36500,
                     &Limits::retention),
      duration<seconds>("limits", "idle_exit_s", "a whole number of seconds, 0 to stay for ever", 0,
                        31536000, &Limits::idle_exit),
      number("limits", "spool_max_mib", "a whole number of MiB from 1 on", 1, kMost / 1048576,
             &Limits::spool_max_mib),
      duration<seconds>("timeouts", "connect_s", "a whole number of seconds from 1 to 86400", 1,
                        86400, &Limits::connect_timeout),
      duration<seconds>("timeouts", "response_s", "a whole number of seconds from 1 to 86400", 1,
                        86400, &Limits::response_timeout),
      duration<seconds>("timeouts", "stall_s", "a whole number of seconds from 1 to 86400", 1,
                        86400, &Limits::stall_timeout),
      number("retry", "count", "a whole number from 0 to 1000", 0, 1000, &Limits::retry_count),
      {"retry", "delays_s", "a list of 1 to 32 numbers of seconds, each from 0 to 86400",
       set_delays},
      duration<seconds>("retry", "retry_after_min_s", "a whole number of seconds from 0 to 86400",
                        0, 86400, &Limits::retry_after_min),
      duration<seconds>("retry", "retry_after_max_s",
                        "a whole number of seconds from 1 to 31536000", 1, 31536000,
                        &Limits::retry_after_max),
      {"policy", "pause_on_exit", "a list of app ids", set_apps},
      {"policy", "battery_percent_min", "a whole number from 0 to 100",
       [](const toml::node& node, Config& config) {
         const auto value = whole<int>(node, 0, 100);
         if (value) config.battery_percent_min = *value;
         return value.has_value();
       }},
      {"policy", "power_saver", "true or false",
       [](const toml::node& node, Config& config) { return set_flag(node, config.power_saver); }},
      {"politeness", "class", "\"background\" or \"normal\"",
       [](const toml::node& node, Config& config) {
         return set_choice(node, config.politeness_class, {"background", "normal"});
       }},
      {"tls", "min_version", "\"1.0\", \"1.1\", \"1.2\" or \"1.3\"",
       [](const toml::node& node, Config& config) {
         return set_choice(node, config.tls_min_version, {"1.0", "1.1", "1.2", "1.3"});
       }},
      {"tls", "ca_file", "the absolute path of a file of certificates",
       [](const toml::node& node, Config& config) { return set_path(node, config.tls_ca_file); }},
      {"tls", "crl_file", "the absolute path of a file of revocation lists",
       [](const toml::node& node, Config& config) { return set_path(node, config.tls_crl_file); }},
      {"log", "level", "\"trace\", \"debug\", \"info\", \"warning\" or \"error\"", set_level},
  };
  return all;
}

bool is_period(std::string_view text) {
  const auto is_number = [](std::string_view digits, int low, int high) {
    if (digits.empty() || digits.size() > 3) return false;
    if (!std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) return false;
    const int value = std::stoi(std::string(digits));
    return value >= low && value <= high;
  };
  constexpr std::string_view kMonthly = "monthly:";
  constexpr std::string_view kWeekly = "weekly:";
  if (text.starts_with(kMonthly)) return is_number(text.substr(kMonthly.size()), 1, 31);
  if (text.starts_with(kWeekly)) {
    constexpr std::array<std::string_view, 7> kDays{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};
    const std::string_view day = text.substr(kWeekly.size());
    return is_number(day, 1, 7) || std::ranges::find(kDays, day) != kDays.end();
  }
  return is_number(text, 1, 999);
}

/// A key of one of the tables that may be there several times, such as [[connection]].
template <typename Rule>
struct RuleKey {
  std::string_view name;
  std::string_view allowed;
  bool (*set)(const toml::node&, Rule&);
};

bool set_optional_flag(const toml::node& node, std::optional<bool>& to) {
  bool flag = false;
  if (!set_flag(node, flag)) return false;
  to = flag;
  return true;
}

constexpr std::string_view kPattern = "a text that is not empty, in which * stands for anything";

bool set_pattern(const toml::node& node, std::string& to) {
  return set_text(node, to) && !to.empty();
}

const std::array<RuleKey<ConnectionRule>, 8> kConnectionKeys{{
    {"interface", kPattern,
     [](const toml::node& n, ConnectionRule& r) { return set_pattern(n, r.interface_pattern); }},
    {"ssid", kPattern,
     [](const toml::node& n, ConnectionRule& r) { return set_pattern(n, r.ssid_pattern); }},
    {"id", kPattern,
     [](const toml::node& n, ConnectionRule& r) { return set_pattern(n, r.id_pattern); }},
    {"metered", "true or false",
     [](const toml::node& n, ConnectionRule& r) { return set_optional_flag(n, r.metered); }},
    {"roaming", "true or false",
     [](const toml::node& n, ConnectionRule& r) { return set_optional_flag(n, r.roaming); }},
    {"limit_gib", "a number of GiB above 0",
     [](const toml::node& n, ConnectionRule& r) {
       const std::optional<double> value = n.value<double>();
       if (!n.is_number() || !value || !(*value > 0 && *value < 1e9)) return false;
       r.limit_gib = value;
       return true;
     }},
    {"period", "\"monthly:DAY\", \"weekly:DAY\" or a number of days as text",
     [](const toml::node& n, ConnectionRule& r) {
       return set_text(n, r.period) && is_period(r.period);
     }},
    {"restrict", "true or false",
     [](const toml::node& n, ConnectionRule& r) {
       return set_optional_flag(n, r.restrict_background);
     }},
}};

constexpr std::string_view kPath = "the absolute path of a PEM file";

const std::array<RuleKey<ClientCertificate>, 3> kClientCertificateKeys{{
    {"host", kPattern,
     [](const toml::node& n, ClientCertificate& c) { return set_pattern(n, c.host); }},
    {"certificate", kPath,
     [](const toml::node& n, ClientCertificate& c) { return set_path(n, c.certificate); }},
    {"key", kPath, [](const toml::node& n, ClientCertificate& c) { return set_path(n, c.key); }},
}};

/// Number of letters to change, add or drop.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row[b.size()];
}

/// " (did you mean …?)" or the names that are allowed.
std::string advice(std::string_view given, const std::vector<std::string_view>& names) {
  const auto nearest = std::ranges::min_element(
      names, {}, [given](std::string_view name) { return edit_distance(given, name); });
  if (nearest != names.end() && edit_distance(given, *nearest) <= 2) {
    return "; did you mean \"" + std::string(*nearest) + "\"?";
  }
  std::string text = "; allowed are ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

/// Takes what is right and collects what is wrong.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  void read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string_view name = key.str();
      if (name == "connection") {
        read_connections(node);
      } else if (name == "client_certificate") {
        read_client_certificates(node);
      } else if (!is_table(name)) {
        mistake(key.source(), "unknown table [" + std::string(name) + "]" + advice(name, tables()));
      } else if (const toml::table* const table = node.as_table(); table != nullptr) {
        read_table(name, *table);
      } else {
        mistake(node.source(),
                "\"" + std::string(name) + "\" must be a table: [" + std::string(name) + "]");
      }
    }
    if (config_.limits.retry_after_min > config_.limits.retry_after_max) {
      mistake(root.get("retry")->source(),
              "retry.retry_after_min_s must not be above retry.retry_after_max_s");
    }
  }

  void mistake(const toml::source_region& where, std::string what) {
    mistakes_.push_back({{where.begin.line, where.begin.column}, std::move(what)});
  }

  /// The configuration, or all mistakes in the order of the file, a line each.
  [[nodiscard]] Result<Config> result() {
    if (mistakes_.empty()) return std::move(config_);
    std::ranges::sort(mistakes_, {}, &Mistake::where);
    Error error{ErrorKind::Config, 0, {}, {}, {}};
    for (const Mistake& mistake : mistakes_) {
      if (!error.detail.empty()) error.detail += '\n';
      error.detail += path_ + ":" + std::to_string(mistake.where.first) + ":" +
                      std::to_string(mistake.where.second) + ": " + mistake.what;
    }
    return error;
  }

 private:
  struct Mistake {
    std::pair<toml::source_index, toml::source_index> where;  ///< line and column, from 1
    std::string what;
  };

  static std::vector<std::string_view> tables() {
    std::vector<std::string_view> names;
    for (const Key& key : keys()) {
      if (names.empty() || names.back() != key.table) names.push_back(key.table);
    }
    names.emplace_back("connection");
    names.emplace_back("client_certificate");
    return names;
  }
  static bool is_table(std::string_view name) {
    return std::ranges::any_of(keys(), [name](const Key& key) { return key.table == name; });
  }

  void read_table(std::string_view table, const toml::table& values) {
    for (const auto& [key, node] : values) {
      const std::string_view name = key.str();
      const auto known = std::ranges::find_if(keys(), [&](const Key& candidate) {
        return candidate.table == table && candidate.name == name;
      });
      if (known == keys().end()) {
        std::vector<std::string_view> names;
        for (const Key& candidate : keys()) {
          if (candidate.table == table) names.push_back(candidate.name);
        }
        mistake(key.source(), "unknown key \"" + std::string(name) + "\" in [" +
                                  std::string(table) + "]" + advice(name, names));
      } else if (!known->set(node, config_)) {
        bad_value(node, name, known->allowed);
      }
    }
  }

  void read_connections(const toml::node& node) {
    read_rules<ConnectionRule>(
        node, "connection", kConnectionKeys, [this](const auto& table, ConnectionRule rule) {
          if (!table.contains("interface") && !table.contains("ssid") && !table.contains("id")) {
            mistake(table.source(), "a [[connection]] needs interface, ssid or id to match");
          }
          config_.connections.push_back(std::move(rule));
        });
  }

  void read_client_certificates(const toml::node& node) {
    read_rules<ClientCertificate>(
        node, "client_certificate", kClientCertificateKeys,
        [this](const auto& table, ClientCertificate certificate) {
          if (!table.contains("host") || !table.contains("certificate")) {
            mistake(table.source(), "a [[client_certificate]] needs host and certificate");
          }
          config_.client_certificates.push_back(std::move(certificate));
        });
  }

  /// Hands each [[name]] to `take`.
  template <typename Rule, std::size_t Count, typename Take>
  void read_rules(const toml::node& node, const std::string& name,
                  const std::array<RuleKey<Rule>, Count>& keys, Take take) {
    const std::string how = "written as [[" + name + "]]";
    const toml::array* const list = node.as_array();
    if (list == nullptr) return mistake(node.source(), "\"" + name + "\" is " + how);
    for (const toml::node& item : *list) {
      const toml::table* const table = item.as_table();
      if (table == nullptr) {
        mistake(item.source(), "\"" + name + "\" is " + how);
        continue;
      }
      take(*table, read_rule<Rule>(*table, name, keys));
    }
  }

  template <typename Rule, std::size_t Count>
  Rule read_rule(const toml::table& table, const std::string& table_name,
                 const std::array<RuleKey<Rule>, Count>& keys) {
    Rule rule;
    for (const auto& [key, value] : table) {
      const std::string_view name = key.str();
      const auto* const known = std::ranges::find(keys, name, &RuleKey<Rule>::name);
      if (known == keys.end()) {
        std::vector<std::string_view> names;
        for (const RuleKey<Rule>& candidate : keys) names.push_back(candidate.name);
        mistake(key.source(), "unknown key \"" + std::string(name) + "\" in [[" + table_name +
                                  "]]" + advice(name, names));
      } else if (!known->set(value, rule)) {
        bad_value(value, name, known->allowed);
      }
    }
    return rule;
  }

  void bad_value(const toml::node& node, std::string_view name, std::string_view allowed) {
    mistake(node.source(), std::string(name) + " must be " + std::string(allowed));
  }

  const std::string& path_;
  Config config_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& path) {
  Reader reader(path);
  try {
    reader.read(toml::parse(text, path));
  } catch (const toml::parse_error& error) {
    reader.mistake(error.source(), std::string(error.description()));
  }
  return reader.result();
}

Result<Config> load_config(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return Config{};
    return file_error(errno, "open", path);
  }
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(errno, "read", path);
    if (got == 0) return parse_config(text, path);
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace lh
