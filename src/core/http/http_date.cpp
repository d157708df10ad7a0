#include "core/http/http_date.h"

#include <array>
#include <cstdio>

#include "core/http/text.h"

namespace lh {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

/// Reads a text from the front; the first mismatch makes it fail for good.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    if (!ok_ || !rest_.starts_with(expected)) return fail();
    rest_.remove_prefix(expected.size());
  }

  /// Exactly `digits` decimal digits; with `padded`, a blank may stand for a leading zero.
  unsigned number(std::size_t digits, bool padded = false) {
    if (!ok_ || rest_.size() < digits) return fail(), 0U;
    auto field = rest_.substr(0, digits);
    rest_.remove_prefix(digits);
    if (padded && field.starts_with(' ')) field.remove_prefix(1);
    for (const char c : field) {
      if (!text::is_digit(c)) return fail(), 0U;
    }
    return text::parse_number<unsigned>(field).value_or(0);
  }

  template <std::size_t N>
  unsigned one_of(const std::array<std::string_view, N>& words) {
    for (unsigned i = 0; ok_ && i < N; ++i) {
      if (!rest_.starts_with(words[i])) continue;
      rest_.remove_prefix(words[i].size());
      return i;
    }
    return fail(), 0U;
  }

  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

 private:
  void fail() { ok_ = false; }

  std::string_view rest_;
  bool ok_ = true;
};

struct Fields {
  unsigned year = 0;
  unsigned month = 0;  // from 0
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
};

void scan_time(Scanner& scan, Fields& fields) {
  fields.hour = scan.number(2);
  scan.literal(":");
  fields.minute = scan.number(2);
  scan.literal(":");
  fields.second = scan.number(2);
}

std::optional<TimePoint> to_time(const Fields& fields) {
  using namespace std::chrono;
  const year_month_day date(year(static_cast<int>(fields.year)), month(fields.month + 1),
                            day(fields.day));
  // 60 is a leap second.
  if (!date.ok() || fields.hour > 23 || fields.minute > 59 || fields.second > 60) {
    return std::nullopt;
  }
  return TimePoint(sys_days(date)) + hours(fields.hour) + minutes(fields.minute) +
         seconds(fields.second);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<TimePoint> parse_fixdate(std::string_view text) {
  Scanner scan(text);
  Fields fields;
  scan.one_of(kDays);
  scan.literal(", ");
  fields.day = scan.number(2);
  scan.literal(" ");
  fields.month = scan.one_of(kMonths);
  scan.literal(" ");
  fields.year = scan.number(4);
  scan.literal(" ");
  scan_time(scan, fields);
  scan.literal(" GMT");
  return scan.done() ? to_time(fields) : std::nullopt;
}

/// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<TimePoint> parse_rfc850(std::string_view text) {
  Scanner scan(text);
  Fields fields;
  scan.one_of(kLongDays);
  scan.literal(", ");
  fields.day = scan.number(2);
  scan.literal("-");
  fields.month = scan.one_of(kMonths);
  scan.literal("-");
  const unsigned year = scan.number(2);
  scan.literal(" ");
  scan_time(scan, fields);
  scan.literal(" GMT");
  // The form is older than the century's turn; nobody has written a future date in it since.
  fields.year = year >= 70 ? 1900 + year : 2000 + year;
  return scan.done() ? to_time(fields) : std::nullopt;
}

/// "Sun Nov  6 08:49:37 1994"
std::optional<TimePoint> parse_asctime(std::string_view text) {
  Scanner scan(text);
  Fields fields;
  scan.one_of(kDays);
  scan.literal(" ");
  fields.month = scan.one_of(kMonths);
  scan.literal(" ");
  fields.day = scan.number(2, true);
  scan.literal(" ");
  scan_time(scan, fields);
  scan.literal(" ");
  fields.year = scan.number(4);
  return scan.done() ? to_time(fields) : std::nullopt;
}

}  // namespace

std::optional<TimePoint> parse_http_date(std::string_view text) {
  text = text::trim(text);
  if (const auto time = parse_fixdate(text)) return time;
  if (const auto time = parse_rfc850(text)) return time;
  return parse_asctime(text);
}

std::string format_http_date(TimePoint time) {
  using namespace std::chrono;
  const auto days = floor<std::chrono::days>(time);
  const year_month_day date(days);
  const hh_mm_ss clock(floor<seconds>(time - days));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[weekday(days).c_encoding()].data(), static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1].data(),
                static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace lh
