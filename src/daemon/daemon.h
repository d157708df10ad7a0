#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "daemon/config.h"
#include "platform/xdg_paths.h"

namespace lh {

/// longhauld: brings the rooms together, leaves when asked or when nothing is left to do. One per
/// process; the thread that calls run() becomes the main loop. SIGTERM, SIGINT and SIGHUP must be
/// blocked in all threads before it is made.
class Daemon {
 public:
  struct Options {
    XdgPaths paths;
    Config config;
    std::string bus_address;
  };

  /// Opens the store and starts the threads. Does not touch the bus yet.
  [[nodiscard]] static Result<std::unique_ptr<Daemon>> create(Options options);
  ~Daemon();

  /// Takes the bus name and serves until it leaves. An error is one that made it leave early.
  [[nodiscard]] Result<void> run();

 private:
  class Impl;
  explicit Daemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lh
