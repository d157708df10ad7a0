#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/world.h"

namespace lh::sim {

/// One random order of events: apps that ask, answers that come, things that go wrong, crashes
/// between any two of them; then everything is healed and runs to its end.
class RandomDay {
 public:
  enum class Tracing : std::uint8_t { Off, On };

  RandomDay(std::uint64_t seed, Tracing tracing);

  /// The promises that were broken; empty on a good day.
  [[nodiscard]] std::vector<std::string> run();
  [[nodiscard]] const std::vector<std::string>& trace() const { return world_.trace(); }
  /// For days in a world that cheats.
  [[nodiscard]] World& world() { return world_; }

 private:
  void step();
  void app_step();
  void create();
  void engine_step();
  void engine_trouble(AttemptId attempt);
  void files_step();
  void outside_step();
  void server_step();
  void crash();
  void make_sure_it_runs();
  void heal();
  [[nodiscard]] ServedFile random_file();
  [[nodiscard]] TransferId any_id();

  RandomSource random_;
  World world_;
  std::vector<TransferId> ids_;
  std::vector<std::string> uris_;
  bool crashes_ = true;
  bool has_crashed_ = false;
};

}  // namespace lh::sim
