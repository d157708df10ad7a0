#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lh {

/// The batches that clients are putting together: whose they are, and whether every part that was
/// handed over is kept. Main loop only.
class OpenBatches {
 public:
  using Number = std::uint64_t;

  /// `new_number` never gives a number twice, nor one of an earlier run of the service: a client
  /// may still speak of a batch that is gone with it.
  explicit OpenBatches(std::function<Number()> new_number) : new_number_(std::move(new_number)) {}

  /// None if the client has too many open.
  [[nodiscard]] std::optional<Number> begin(const std::string& client);
  /// A part of it is on its way. False if it is not open, or another's.
  [[nodiscard]] bool begin_part(Number batch, const std::string& client);
  /// The part is `kept`, or was refused; the batch may have ended meanwhile.
  void end_part(Number batch, bool kept);
  [[nodiscard]] bool is_open(Number batch) const { return batches_.contains(batch); }
  /// Whether it was open and the client's: it is not any more. `whole`: every part of it was
  /// kept, so that it may be published.
  struct Ended {
    bool was_open = false;
    bool whole = false;
  };
  [[nodiscard]] Ended end(Number batch, const std::string& client);
  /// Those of a client that has left; they are not open any more.
  [[nodiscard]] std::vector<Number> gone(const std::string& client);
  [[nodiscard]] bool any() const { return !batches_.empty(); }

 private:
  struct Batch {
    std::string client;
    std::size_t parts_under_way = 0;
    bool refused = false;
  };
  [[nodiscard]] Batch* find(Number batch, const std::string& client);

  std::function<Number()> new_number_;
  std::map<Number, Batch> batches_;
};

}  // namespace lh
