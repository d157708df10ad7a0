#pragma once

/// @file
/// The vocabulary of background transfer: enumerations and plain values, with the numbers and the
/// field order that programs rely on (api.md, sections 1.3, 2.10 and 2.11). Needs nothing but the
/// standard library; shared by the client API and by the inside of the service.

#include <cstdint>

namespace longhaul {

/// Where an operation stands (api.md, section 1.3). Values 0 to 7 are consecutive, then 8, then 32.
enum class BackgroundTransferStatus : std::int32_t {
  Idle = 0,     ///< created, or started and waiting for a slot
  Running = 1,  ///< a request is in progress, or the next attempt of one is due by itself
  PausedByApplication = 2,  ///< the app called Pause
  PausedCostedNetwork = 3,  ///< the cost policy forbids the present network
  PausedNoNetwork = 4,      ///< no connectivity
  Completed = 5,            ///< every byte is durable in the result file (R83)
  Canceled = 6,
  Error = 7,
  PausedRecoverableWebErrorStatus = 8,  ///< an error that the app declared recoverable (R156)
  PausedSystemPolicy = 32,              ///< battery, disk space or another resource
};

/// On which networks an operation may run (R45, R46).
enum class BackgroundTransferCostPolicy : std::int32_t {
  Default = 0,
  UnrestrictedOnly = 1,
  Always = 2
};

/// Place in the queue of the app (R107).
enum class BackgroundTransferPriority : std::int32_t { Default = 0, High = 1, Low = 2 };

/// Run order inside a transfer group (R104).
enum class BackgroundTransferBehavior : std::int32_t { Parallel = 0, Serialized = 1 };

/// Progress of a download. Bytes are body bytes; a total of 0 means unknown (R26).
struct BackgroundDownloadProgress {
  std::uint64_t BytesReceived = 0;        ///< may go down after a restart
  std::uint64_t TotalBytesToReceive = 0;  ///< of the whole file, also after a resumption
  BackgroundTransferStatus Status = BackgroundTransferStatus::Idle;
  bool HasResponseChanged = false;  ///< in one report per response (R27)
  bool HasRestarted = false;  ///< in the first report after a restart from the beginning (R28)

  friend bool operator==(const BackgroundDownloadProgress&,
                         const BackgroundDownloadProgress&) = default;
};

/// Progress of an upload. Bytes are body bytes, of what is sent and of the server's answer; a total
/// of 0 means unknown (R96, R99). Both counts may go down when a request is made again (R85).
struct BackgroundUploadProgress {
  std::uint64_t BytesReceived = 0;
  std::uint64_t BytesSent = 0;
  std::uint64_t TotalBytesToReceive = 0;
  std::uint64_t TotalBytesToSend = 0;  ///< with the boundaries and headers of parts
  BackgroundTransferStatus Status = BackgroundTransferStatus::Idle;
  bool HasResponseChanged = false;  ///< in one report per response (R27)
  bool HasRestarted = false;        ///< in the first report after every request but the first (R28)

  friend bool operator==(const BackgroundUploadProgress&,
                         const BackgroundUploadProgress&) = default;
};

/// A stretch of a file; its last byte is Offset + Length - 1.
struct BackgroundTransferFileRange {
  std::uint64_t Offset = 0;
  std::uint64_t Length = 0;

  friend bool operator==(const BackgroundTransferFileRange&,
                         const BackgroundTransferFileRange&) = default;
};

}  // namespace longhaul
