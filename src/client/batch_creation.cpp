#include "client/batch_creation.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string_view>
#include <utility>

#include "client/client_error.h"
#include "core/model/spec_check.h"
#include "ipc/names.h"

namespace lh {
namespace {

constexpr std::size_t kItemsPerCall = 1000;
constexpr std::size_t kBytesPerCall = 4UL * 1024 * 1024;
/// The service works on one piece while the next is on the way.
constexpr std::size_t kCallsUnderWay = 3;
constexpr int kTries = 3;

DownloadSettingsModel to_model(const longhaul::DownloadSettings& settings) {
  DownloadSettingsModel model;
  model.method = settings.Method;
  for (const auto& [name, value] : settings.Headers) model.headers.push_back({name, value});
  model.priority = settings.Priority;
  model.cost_policy = settings.CostPolicy;
  model.group = settings.Group;
  if (!settings.Checksum.empty()) {
    Result<Checksum> checksum = parse_checksum(settings.Checksum);
    if (!checksum) throw_error(checksum.error());
    model.checksum = std::move(*checksum);
  }
  model.collision = settings.ReplaceExisting ? Collision::Replace : Collision::MakeUnique;
  model.keep = settings.KeepWhenEnded;
  return model;
}

Result<void> check_utf8(const longhaul::DownloadItem& item) {
  auto checked = lh::check_utf8("the URL", item.Url);
  if (checked) checked = lh::check_utf8("the folder", item.Folder);
  if (checked) checked = lh::check_utf8("the file name", item.FileName);
  return checked;
}

void require_all_utf8(const DownloadSettingsModel& settings,
                      const std::vector<longhaul::DownloadItem>& items) {
  for (const HeaderField& field : settings.headers) {
    require_utf8(field);
  }
  require_utf8("the method", settings.method);
  require_utf8("the group", settings.group);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const Result<void> checked = check_utf8(items[i]); !checked) {
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

/// A batch that is being created, piece by piece, some of them at a time.
class Batch {
 public:
  Batch(ServiceConnection& connection, DownloadSettingsModel settings,
        const std::vector<longhaul::DownloadItem>& items)
      : connection_(connection),
        settings_(std::move(settings)),
        items_(items),
        pieces_(pieces_of(items)),
        state_(std::make_shared<State>()) {
    state_->ids.resize(pieces_.size());
  }

  /// The ids in order, if all were created.
  std::vector<std::string> create(bool start) {
    // What does not fit into a call is created by the service when all of it is there.
    const bool in_parts = pieces_.size() > 1;
    if (in_parts) settings_.batch = begin();
    wire_settings_ = encode_settings(settings_);
    send_all(start);
    std::vector<std::string> ids;
    ids.reserve(items_.size());
    for (auto& piece : state_->ids) {
      std::ranges::move(piece, std::back_inserter(ids));
    }
    if (in_parts) end(ids);
    return ids;
  }

  /// Why none was created.
  [[nodiscard]] const std::optional<TransferError>& failure() const { return state_->failure; }
  /// The service ended meanwhile, and the batch with it: nothing was created, so it may be tried
  /// again.
  [[nodiscard]] bool service_was_lost() const {
    return settings_.batch && !may_exist_ &&
           (state_->failure->hresult == hr::kServiceUnavailable ||
            state_->failure->hresult == hr::kNotFound);
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t under_way = 0;
    std::vector<std::vector<std::string>> ids;
    std::optional<TransferError> failure;  ///< that of the first piece that has one
    std::size_t failed_piece = 0;

    void note(TransferError error, std::size_t piece) {
      if (failure && failed_piece < piece) return;
      failure = std::move(error);
      failed_piece = piece;
    }
  };

  /// Some pieces at a time, in order, until all are answered or one has failed.
  void send_all(bool start) {
    std::unique_lock lock(state_->mutex);
    for (std::size_t number = 0; number < pieces_.size(); ++number) {
      state_->changed.wait(lock, [this] { return state_->under_way < kCallsUnderWay; });
      if (state_->failure) break;
      ++state_->under_way;
      lock.unlock();
      send(number, start);
      lock.lock();
    }
    state_->changed.wait(lock, [this] { return state_->under_way == 0; });
  }

  [[nodiscard]] std::uint64_t begin() {
    return std::get<0>(
        value_or_throw(connection_.call_and_wait<std::uint64_t>("BeginBatch", Repeat::Never)));
  }

  /// Publishes the batch, or drops it after a failure.
  void end(const std::vector<std::string>& ids) {
    const bool publish = !state_->failure;
    auto ended = connection_.call_and_wait<std::uint64_t>("EndBatch", Repeat::Never,
                                                          *settings_.batch, publish);
    if (ended || !publish) return;
    const std::optional<bool> there = exists(ids.front());
    if (there == true) return;
    may_exist_ = !there;
    state_->note(std::move(ended.error), 0);
  }

  /// Whether the batch was published although its answer was lost: it is there whole or not at all.
  [[nodiscard]] std::optional<bool> exists(const std::string& id) {
    ListRequest request;
    request.id_prefix = id;
    request.all_apps = true;
    const auto page = connection_.call_and_wait<std::vector<WireSnapshot>>(
        "List", Repeat::Safe, encode_list_request(request), std::uint64_t{0}, std::uint32_t{1});
    if (!page) return std::nullopt;
    return !std::get<0>(*page.value).empty();
  }

  void send(std::size_t number, bool start) {
    const Piece piece = pieces_[number];
    std::vector<WireItem> wires;
    wires.reserve(piece.count);
    for (std::size_t i = piece.from; i < piece.from + piece.count; ++i) {
      wires.emplace_back(items_[i].Url, items_[i].Folder, items_[i].FileName);
    }
    std::function<void(Answer<std::tuple<std::vector<std::string>>>)> done =
        [state = state_, number, piece,
         all = items_.size()](Answer<std::tuple<std::vector<std::string>>> answer) {
          const std::lock_guard lock(state->mutex);
          --state->under_way;
          if (answer) {
            state->ids[number] = std::move(std::get<0>(*answer.value));
          } else {
            answer.error.message = with_offset(answer.error.message, piece.from, piece.count, all);
            state->note(std::move(answer.error), number);
          }
          state->changed.notify_all();
        };
    connection_.call<std::vector<std::string>>("CreateDownloads", Repeat::Never, std::move(done),
                                               wire_settings_, std::move(wires), start);
  }

  ServiceConnection& connection_;
  DownloadSettingsModel settings_;
  WireDictionary wire_settings_;
  const std::vector<longhaul::DownloadItem>& items_;
  const std::vector<Piece> pieces_;
  std::shared_ptr<State> state_;
  bool may_exist_ = false;  ///< nobody could say whether it was published
};

}  // namespace

std::vector<std::string> create_downloads(ServiceConnection& connection,
                                          const longhaul::DownloadSettings& settings,
                                          const std::vector<longhaul::DownloadItem>& items,
                                          bool start) {
  const DownloadSettingsModel model = to_model(settings);
  if (items.empty()) return {};
  if (model.checksum && items.size() > 1) {
    throw_error(invalid_argument("one checksum cannot be that of several downloads"));
  }
  require_all_utf8(model, items);
  for (int tries = 1;; ++tries) {
    Batch batch(connection, model, items);
    auto ids = batch.create(start);
    if (!batch.failure()) return ids;
    if (tries == kTries || !batch.service_was_lost()) throw_error(*batch.failure());
  }
}

}  // namespace lh
