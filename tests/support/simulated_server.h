#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/model/response_head.h"
#include "core/policy/transfer_plan.h"
#include "support/simulated_disk.h"

namespace lh::sim {

/// How a server answers a request for a range that it could honour.
enum class RangeManner : std::uint8_t {
  Honest,
  Never,  ///< always the whole file
  StartsEarlier,
  StartsLater,
  WrongTotal,
  Refuses,  ///< 416, whatever was asked for
};

/// What a server can say to prove which version it sends.
enum class Proof : std::uint8_t { StrongEtag, WeakEtag, LastModified, None };

/// One file of a server, and how it is served.
struct ServedFile {
  ByteCount size = 0;
  bool tells_length = true;
  Proof proof = Proof::StrongEtag;
  RangeManner manner = RangeManner::Honest;
  ContentId content = 0;            ///< the present version; given by the server
  std::vector<ContentId> versions;  ///< all that were ever served

  /// The next answers are this instead of the file.
  int error_status = 0;
  std::uint32_t errors_left = 0;
  std::optional<Duration> retry_after;
};

/// All servers of a world: files by URI.
class SimulatedServer {
 public:
  struct Answer {
    ResponseHead head;
    ContentId content = 0;
    ByteOffset from = 0;
    ByteCount length = 0;
  };

  ServedFile& serve(const std::string& uri, ServedFile file);
  [[nodiscard]] ServedFile& file(const std::string& uri) { return files_.at(uri); }
  /// Another version from now on.
  void replace(const std::string& uri, ByteCount size);
  /// The version before is back, as from a mirror that is behind.
  void revert(const std::string& uri);
  /// Every file is served as it should be from now on.
  void heal();
  /// What the plan's request gets, with a range from `have` unless that is 0.
  [[nodiscard]] Answer get(const TransferPlan& plan, ByteCount have);

  /// Size of a version; 0 for one that was never served.
  [[nodiscard]] ByteCount size_of(ContentId content) const;
  /// The version that this validator stands for; 0 if none.
  [[nodiscard]] static ContentId content_of(const Validator& validator);
  /// How many requests came, and how many bytes they were sent.
  [[nodiscard]] std::uint64_t requests() const { return requests_; }

 private:
  [[nodiscard]] ContentId new_version(ByteCount size);

  std::unordered_map<std::string, ServedFile> files_;
  std::vector<ByteCount> sizes_;  ///< by ContentId - 1
  std::uint64_t requests_ = 0;
};

}  // namespace lh::sim
