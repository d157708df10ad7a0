#include "cli/board.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cli/human.h"

namespace lh::cli {
namespace {

using enum BackgroundTransferStatus;

/// Nothing has come for so long that the rate is nothing.
bool is_stalled(double rate) {
  return rate < 1;
}

int rank(const Board::Row& row) {
  if (row.status == Running) return 0;
  return row.is_open() ? 1 : 2;
}

/// As many rows as there is room for, the more interesting ones, in the order of the board.
std::vector<const Board::Row*> choose(const Board& board, std::size_t room) {
  std::vector<const Board::Row*> chosen;
  for (int wanted = 0; wanted < 3 && chosen.size() < room; ++wanted) {
    for (const Board::Row& row : board.rows()) {
      if (chosen.size() == room) break;
      if (rank(row) == wanted) chosen.push_back(&row);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace

void Board::count(const Row& row, int by) {
  const auto add = [by](std::size_t& number) { number = by > 0 ? number + 1 : number - 1; };
  if (row.is_open())
    add(open_);
  else if (row.status != Completed)
    add(failed_);
}

Board::Meaning Board::take(const TransferInfo& transfer, Moment now) {
  const auto [place, is_new] = index_.try_emplace(transfer.Id, rows_.size());
  if (is_new) {
    rows_.emplace_back().id = transfer.Id;
  }
  Row& row = rows_[place->second];
  // What has ended stays as it is; late news of it is old news.
  if (!is_new && !row.is_open()) return Meaning::Nothing;
  if (!is_new) count(row, -1);
  std::string word = status_word(transfer);
  std::string reason = reason_in_words(transfer);
  const bool changed = is_new || row.word != word || row.reason != reason;
  const bool moved = row.bytes != transfer.BytesReceived + transfer.BytesSent;
  row.name = short_name(transfer);
  row.word = std::move(word);
  row.reason = std::move(reason);
  row.status = transfer.Status;
  const bool upload = transfer.Kind == longhaul::TransferKind::Upload;
  row.bytes = upload ? transfer.BytesSent : transfer.BytesReceived;
  row.total = upload ? transfer.TotalBytesToSend : transfer.TotalBytesToReceive;
  row.error = transfer.Error;
  if (transfer.Started && transfer.Ended)
    row.took = std::chrono::round<std::chrono::seconds>(*transfer.Ended - *transfer.Started);
  if (row.word == "Running")
    row.meter.note(now, row.bytes);
  else
    row.meter.forget();
  count(row, +1);
  if (!row.is_open()) return Meaning::Ended;
  if (changed) return Meaning::Changed;
  return moved ? Meaning::Moved : Meaning::Nothing;
}

Board::Meaning Board::forget(const std::string& id) {
  const auto place = index_.find(id);
  if (place == index_.end()) return Meaning::Nothing;
  Row& row = rows_[place->second];
  if (!row.is_open()) return Meaning::Nothing;
  count(row, -1);
  row.forgotten = true;
  row.word = "Forgotten";
  row.reason = "removed from the list before it had ended";
  row.meter.forget();
  count(row, +1);
  return Meaning::Ended;
}

ProgressLine describe(const Board::Row& row, Board::Moment now) {
  ProgressLine line{row.name, row.bytes, row.total, std::nullopt, std::nullopt, {}};
  if (row.status == Completed) {
    line.note = row.took ? "Completed in " + human_duration(*row.took) : "Completed";
    return line;
  }
  if (row.word != "Running") {
    line.note = row.word;
    if (!row.reason.empty()) line.note += ": " + row.reason;
    return line;
  }
  if (row.total && row.bytes >= *row.total) {
    line.note = "Finishing";
    return line;
  }
  line.rate = row.meter.rate(now);
  if (!line.rate) return line;
  if (is_stalled(*line.rate)) {
    line.rate.reset();
    line.note = row.bytes == 0 ? "Waiting for the server" : "Stalled";
  } else if (row.total) {
    const double seconds = static_cast<double>(*row.total - row.bytes) / *line.rate;
    // Longer than this is no estimate any more.
    constexpr double kLongest = 100.0 * 86400;
    if (seconds < kLongest) line.left = std::chrono::seconds(std::llround(seconds));
  }
  return line;
}

std::string summary(const Board& board, Board::Moment now) {
  std::map<std::string, std::size_t> by_word;
  double rate = 0;
  for (const Board::Row& row : board.rows()) {
    ++by_word[row.word];
    if (row.word == "Running") rate += row.meter.rate(now).value_or(0);
  }
  std::string text = counted(board.rows().size(), "transfer") + ":";
  const char* separator = " ";
  for (const char* const word : {"Running", "Retrying", "Queued", "Waiting", "Paused",
                                 "Not started", "Completed", "Canceled", "Failed", "Forgotten"}) {
    const auto found = by_word.find(word);
    if (found == by_word.end()) continue;
    text += separator + std::to_string(found->second) + " " + lower_case(word);
    separator = ", ";
  }
  if (!is_stalled(rate)) text += ", " + human_rate(rate);
  return text;
}

std::vector<std::string> frame(const Board& board, std::size_t columns, std::size_t rows,
                               Board::Moment now, const Glyphs& glyphs) {
  // The last column stays free: some terminals wrap when it is written to.
  const std::size_t width = columns > 1 ? columns - 1 : 1;
  const std::size_t count = board.rows().size();
  const std::size_t summaries = count > 1 ? 1 : 0;
  const std::size_t room = rows > summaries + 2 ? rows - summaries - 1 : 1;
  std::vector<std::string> lines;
  const std::vector<const Board::Row*> chosen = choose(board, room);
  lines.reserve(chosen.size() + summaries);
  for (const Board::Row* const row : chosen)
    lines.push_back(layout_progress(describe(*row, now), width, glyphs));
  if (summaries > 0) {
    std::string text = summary(board, now);
    if (chosen.size() < count)
      text = std::to_string(count - chosen.size()) + " more not shown. " + text;
    lines.push_back(clip_end(text, width, glyphs));
  }
  return lines;
}

}  // namespace lh::cli
