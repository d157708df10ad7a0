#pragma once

namespace lh::cli {

/// What the program ends with; scripts rely on the numbers.
enum class ExitStatus : int {
  Done = 0,
  TransferFailed = 1,  ///< a transfer failed or was canceled
  Refused = 2,         ///< the command could not be carried out as given; nothing was changed
  Unreachable = 3,     ///< longhauld cannot be reached or started
  NoSuchTransfer = 4,
  Interrupted = 130,  ///< by SIGINT, while it only looked on
  Terminated = 143,   ///< by SIGTERM, while it only looked on
};

}  // namespace lh::cli
