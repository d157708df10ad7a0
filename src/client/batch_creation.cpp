#include "client/batch_creation.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string_view>
#include <utility>

#include "client/body_spool.h"
#include "client/client_error.h"
#include "client/create_once.h"
#include "client/service_settings.h"
#include "core/model/spec_check.h"
#include "platform/system_info.h"

namespace lh {
namespace {

constexpr std::size_t kItemsPerCall = 1000;
constexpr std::size_t kBytesPerCall = 4UL * 1024 * 1024;
/// The service works on one piece while the next is on the way.
constexpr std::size_t kCallsUnderWay = 3;

Result<void> check_item(const longhaul::DownloadItem& item) {
  auto checked = check_utf8("the URL", item.Url);
  if (checked) checked = check_utf8("the folder", item.Folder);
  if (checked) checked = check_utf8("the file name", item.FileName);
  return checked;
}

void require_all_utf8(const std::vector<longhaul::DownloadItem>& items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const Result<void> checked = check_item(items[i]); !checked) {
      Error error = checked.error();
      if (items.size() > 1) error.detail = "download " + std::to_string(i) + ": " + error.detail;
      throw_error(error);
    }
  }
}

/// The service counts within a piece ("download 5: …"); the caller within the batch.
std::string with_offset(const std::string& message, std::size_t offset, std::size_t piece,
                        std::size_t all) {
  constexpr std::string_view kPrefix = "download ";
  std::size_t index = 0;
  if (message.starts_with(kPrefix)) {
    const char* const begin = message.data() + kPrefix.size();
    const auto [end, failure] = std::from_chars(begin, message.data() + message.size(), index);
    if (failure == std::errc{}) {
      return std::string(kPrefix) + std::to_string(offset + index) +
             message.substr(static_cast<std::size_t>(end - message.data()));
    }
  }
  // A piece of one is not counted.
  if (piece == 1 && all > 1) {
    return std::string(kPrefix) + std::to_string(offset) + ": " + message;
  }
  return message;
}

/// The items of one call.
struct Piece {
  std::size_t from = 0;
  std::size_t count = 0;
};

std::vector<Piece> pieces_of(const std::vector<longhaul::DownloadItem>& items) {
  std::vector<Piece> pieces;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const longhaul::DownloadItem& item = items[i];
    const std::size_t size = item.Url.size() + item.Folder.size() + item.FileName.size();
    const bool fits =
        !pieces.empty() && pieces.back().count < kItemsPerCall && bytes + size <= kBytesPerCall;
    if (!fits) {
      pieces.push_back({i, 0});
      bytes = 0;
    }
    ++pieces.back().count;
    bytes += size;
  }
  return pieces;
}

/// Downloads that are being created: in one call, or as a batch, piece by piece and some of them at
/// a time.
class Creation {
 public:
  Creation(ServiceConnection& connection, TransferSettings settings,
           const std::vector<longhaul::DownloadItem>& items, bool start)
      : connection_(connection),
        settings_(std::move(settings)),
        items_(items),
        pieces_(pieces_of(items)),
        start_(start) {
    ids_.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) ids_.push_back(random_guid());
  }

  /// Creates all or none, exactly once, also if the service ends meanwhile.
  [[nodiscard]] std::optional<TransferError> run() {
    return create_once(connection_, ids_.front(), [this] { return try_once(); });
  }
  [[nodiscard]] const std::vector<TransferId>& ids() const { return ids_; }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t under_way = 0;
    std::optional<TransferError> failure;  ///< that of the first piece that has one
    std::size_t failed_piece = 0;

    void note(TransferError error, std::size_t piece) {
      if (failure && failed_piece < piece) return;
      failure = std::move(error);
      failed_piece = piece;
    }
  };

  std::optional<TransferError> try_once() {
    if (pieces_.size() == 1) return send_all();
    auto begun = connection_.call_and_wait<std::uint64_t>("BeginBatch", Repeat::Safe);
    if (!begun) return std::move(begun.error);
    settings_.batch = std::get<0>(*begun.value);
    auto failure = send_all();
    auto ended = connection_.call_and_wait<std::uint64_t>("EndBatch", Repeat::Never,
                                                          *settings_.batch, !failure);
    if (!failure && !ended) return std::move(ended.error);
    return failure;
  }

  /// In order, until all are answered or one has failed.
  std::optional<TransferError> send_all() {
    const auto state = std::make_shared<State>();
    std::unique_lock lock(state->mutex);
    for (std::size_t number = 0; number < pieces_.size(); ++number) {
      state->changed.wait(lock, [&state] { return state->under_way < kCallsUnderWay; });
      if (state->failure) break;
      ++state->under_way;
      lock.unlock();
      send(number, state);
      lock.lock();
    }
    state->changed.wait(lock, [&state] { return state->under_way == 0; });
    return state->failure;
  }

  void send(std::size_t number, const std::shared_ptr<State>& state) {
    const Piece piece = pieces_[number];
    const auto first = ids_.begin() + static_cast<std::ptrdiff_t>(piece.from);
    settings_.ids.assign(first, first + static_cast<std::ptrdiff_t>(piece.count));
    std::vector<WireItem> wires;
    wires.reserve(piece.count);
    for (std::size_t i = piece.from; i < piece.from + piece.count; ++i) {
      wires.emplace_back(items_[i].Url, items_[i].Folder, items_[i].FileName);
    }
    std::function<void(Answer<std::tuple<std::vector<std::string>>>)> done =
        [state, number, piece,
         all = items_.size()](Answer<std::tuple<std::vector<std::string>>> answer) {
          const std::lock_guard lock(state->mutex);
          --state->under_way;
          if (!answer) {
            answer.error.message = with_offset(answer.error.message, piece.from, piece.count, all);
            state->note(std::move(answer.error), number);
          }
          state->changed.notify_all();
        };
    connection_.call<std::vector<std::string>>("CreateDownloads", Repeat::Never, std::move(done),
                                               encode_settings(settings_), std::move(wires),
                                               start_);
  }

  ServiceConnection& connection_;
  TransferSettings settings_;
  const std::vector<longhaul::DownloadItem>& items_;
  const std::vector<Piece> pieces_;
  const bool start_;
  std::vector<TransferId> ids_;
};

}  // namespace

std::vector<std::string> create_downloads(ServiceConnection& connection,
                                          const longhaul::DownloadSettings& settings,
                                          const std::vector<longhaul::DownloadItem>& items,
                                          bool start) {
  TransferSettings model = to_model(settings);
  if (items.empty()) return {};
  if (model.checksum && items.size() > 1) {
    throw_error(invalid_argument("one checksum cannot be that of several downloads"));
  }
  require_all_utf8(model);
  require_all_utf8(items);
  if (settings.BodyStream) {
    if (items.size() > 1) throw_error(invalid_argument("a stream is the body of one request"));
    model.body = spool_body(connection, settings.BodyStream);
  }
  Creation creation(connection, std::move(model), items, start);
  if (const auto failure = creation.run()) throw_error(*failure);
  std::vector<std::string> ids;
  ids.reserve(items.size());
  for (const TransferId& id : creation.ids()) ids.push_back(id.to_string());
  return ids;
}

}  // namespace lh
