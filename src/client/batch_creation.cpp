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
/// The service works on one piece while the next is on the way.
constexpr std::size_t kCallsUnderWay = 3;

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

void require_all_utf8(const DownloadSettingsModel& settings,
                      const std::vector<longhaul::DownloadItem>& items) {
  for (const HeaderField& field : settings.headers) {
    require_utf8(field);
  }
  require_utf8("the method", settings.method);
  require_utf8("the group", settings.group);
  for (const longhaul::DownloadItem& item : items) {
    require_utf8("the URL", item.Url);
    require_utf8("the folder", item.Folder);
    require_utf8("the file name", item.FileName);
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

/// Anything but "it was started, ended or forgotten meanwhile".
std::optional<TransferError> serious_one(const std::vector<WireRefusal>& refusals) {
  for (const WireRefusal& refusal : refusals) {
    const HResult code = refusal.get<1>();
    if (code == hr::kIllegalMethodCall || code == hr::kNotFound) continue;
    TransferError error;
    error.hresult = code;
    error.message = refusal.get<2>();
    return error;
  }
  return std::nullopt;
}

/// A batch that is being created, piece by piece, some of them at a time.
class Batch {
 public:
  Batch(ServiceConnection& connection, const DownloadSettingsModel& settings,
        const std::vector<longhaul::DownloadItem>& items)
      : connection_(connection),
        settings_(encode_settings(settings)),
        items_(items),
        state_(std::make_shared<State>()) {
    state_->ids.resize((items.size() + kItemsPerCall - 1) / kItemsPerCall);
  }

  /// The ids in order; throws after having removed what was created.
  std::vector<std::string> create(bool start) {
    for_each_piece(items_.size(), [this, start](std::size_t from, std::size_t count) {
      send(from, count, start);
    });
    std::vector<std::string> ids;
    ids.reserve(items_.size());
    for (auto& piece : state_->ids) {
      std::ranges::move(piece, std::back_inserter(ids));
    }
    if (!state_->failure) return ids;
    const TransferError failure = *std::exchange(state_->failure, std::nullopt);
    // As far as that goes: what matters is why the creation failed.
    try_control(bus::verb::kCancel, ids);
    try_control(bus::verb::kForget, ids);
    throw_error(failure);
  }

  /// Carries out `verb` on all; that one of them was started or has ended meanwhile is no error.
  void control(const char* verb, const std::vector<std::string>& ids) {
    try_control(verb, ids);
    if (state_->failure) throw_error(*state_->failure);
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t under_way = 0;
    std::vector<std::vector<std::string>> ids;
    std::optional<TransferError> failure;  ///< the first, in the order of the things
    std::size_t failed_from = 0;

    void note(TransferError error, std::size_t from) {
      if (failure && failed_from < from) return;
      failure = std::move(error);
      failed_from = from;
    }
  };

  /// Some pieces of `size` things at a time, in order, until all are answered or one has failed.
  template <typename Send>
  void for_each_piece(std::size_t size, const Send& send) {
    std::unique_lock lock(state_->mutex);
    for (std::size_t from = 0; from < size; from += kItemsPerCall) {
      state_->changed.wait(lock, [this] { return state_->under_way < kCallsUnderWay; });
      if (state_->failure) break;
      ++state_->under_way;
      lock.unlock();
      send(from, std::min(size - from, kItemsPerCall));
      lock.lock();
    }
    state_->changed.wait(lock, [this] { return state_->under_way == 0; });
  }

  void try_control(const char* verb, const std::vector<std::string>& ids) {
    for_each_piece(ids.size(), [this, verb, &ids](std::size_t from, std::size_t count) {
      const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(from);
      std::vector<std::string> piece(begin, begin + static_cast<std::ptrdiff_t>(count));
      std::function<void(Answer<std::tuple<std::vector<WireRefusal>>>)> done =
          [state = state_, from](Answer<std::tuple<std::vector<WireRefusal>>> answer) {
            const std::lock_guard lock(state->mutex);
            --state->under_way;
            if (!answer) {
              state->note(std::move(answer.error), from);
            } else if (auto refusal = serious_one(std::get<0>(*answer.value))) {
              state->note(std::move(*refusal), from);
            }
            state->changed.notify_all();
          };
      connection_.call<std::vector<WireRefusal>>("Control", Repeat::Safe, std::move(done),
                                                 std::string(verb), std::move(piece),
                                                 WireDictionary{});
    });
  }

  void send(std::size_t from, std::size_t count, bool start) {
    std::vector<WireItem> wires;
    wires.reserve(count);
    for (std::size_t i = from; i < from + count; ++i) {
      wires.emplace_back(items_[i].Url, items_[i].Folder, items_[i].FileName);
    }
    std::function<void(Answer<std::tuple<std::vector<std::string>>>)> done =
        [state = state_, from, count,
         all = items_.size()](Answer<std::tuple<std::vector<std::string>>> answer) {
          const std::lock_guard lock(state->mutex);
          --state->under_way;
          if (answer) {
            state->ids[from / kItemsPerCall] = std::move(std::get<0>(*answer.value));
          } else {
            answer.error.message = with_offset(answer.error.message, from, count, all);
            state->note(std::move(answer.error), from);
          }
          state->changed.notify_all();
        };
    connection_.call<std::vector<std::string>>("CreateDownloads", Repeat::Never, std::move(done),
                                               settings_, std::move(wires), start);
  }

  ServiceConnection& connection_;
  const WireDictionary settings_;
  const std::vector<longhaul::DownloadItem>& items_;
  std::shared_ptr<State> state_;
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
  Batch batch(connection, model, items);
  // Only what is known to be complete is started.
  const bool in_one_call = items.size() <= kItemsPerCall;
  std::vector<std::string> ids = batch.create(start && in_one_call);
  if (start && !in_one_call) batch.control(bus::verb::kStart, ids);
  return ids;
}

}  // namespace lh
