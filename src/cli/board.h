#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cli/progress_line.h"
#include "cli/rate_meter.h"
#include "cli/words.h"

namespace lh::cli {

/// What is known of the transfers that are followed: the news of each added up. Pure; time is
/// given.
class Board {
 public:
  using Moment = RateMeter::Moment;

  struct Row {
    std::string id;
    std::string name;
    std::string word;    ///< status_word()
    std::string reason;  ///< reason_in_words()
    BackgroundTransferStatus status = BackgroundTransferStatus::Idle;
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> total;
    std::optional<std::chrono::seconds> took;  ///< from its start to its end
    std::optional<longhaul::TransferErrorInfo> error;
    bool forgotten = false;
    RateMeter meter;

    [[nodiscard]] bool is_open() const { return !forgotten && !has_ended(status); }
  };

  /// What news means for those who tell of it.
  enum class Meaning { Nothing, Moved, Changed, Ended };

  /// The transfer as it is now; a row is made for one that is not known. An end is told once.
  Meaning take(const TransferInfo& transfer, Moment now);
  /// It has been removed from the list. Ended if it had not ended before.
  Meaning forget(const std::string& id);

  [[nodiscard]] bool knows(const std::string& id) const { return index_.contains(id); }
  [[nodiscard]] const Row& row(const std::string& id) const { return rows_[index_.at(id)]; }
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  [[nodiscard]] std::size_t open_count() const { return open_; }
  [[nodiscard]] std::size_t failed_count() const { return failed_; }

 private:
  void count(const Row& row, int by);

  std::vector<Row> rows_;
  std::unordered_map<std::string, std::size_t> index_;
  std::size_t open_ = 0;
  std::size_t failed_ = 0;
};

/// A row as a line of progress at `now`.
[[nodiscard]] ProgressLine describe(const Board::Row& row, Board::Moment now);
/// "20 transfers: 3 running, 12 queued, 5 completed, 23.1 MiB/s".
[[nodiscard]] std::string summary(const Board& board, Board::Moment now);
/// The lines that fit on a terminal of this size; those under way before those that wait or have
/// ended, and a summary as soon as there are several.
[[nodiscard]] std::vector<std::string> frame(const Board& board, std::size_t columns,
                                             std::size_t rows, Board::Moment now,
                                             const Glyphs& glyphs);

}  // namespace lh::cli
