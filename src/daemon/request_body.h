#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/http/multipart.h"
#include "core/model/request_body.h"
#include "core/model/transfer_spec.h"
#include "files/spool.h"
#include "ipc/codec.h"

namespace lh {

/// What the settings of a call say of the content of its requests, checked.
[[nodiscard]] bool has_body(const TransferSettings& settings);
[[nodiscard]] Result<void> check_body(TransferKind kind, const TransferSettings& settings,
                                      std::size_t items);

/// Several parts that become one body (R88).
struct BodyParts {
  std::vector<BodyPart> list;
  std::string subtype;
  std::string boundary;
};
[[nodiscard]] BodyParts take_parts(TransferSettings& settings);

struct KeptBody {
  RequestBody file;
  std::string content_type;          ///< of the request; empty: none
  std::optional<Checksum> digest{};  ///< of what is sent, if it is to be told
};
/// Into the spool, under `id`, with a boundary of its own if the app gave none (R90). On the
/// spool's thread.
[[nodiscard]] Result<KeptBody> lay_out(Spool& spool, const BodyParts& parts, const TransferId& id);
/// Reads all of it. On a thread that may wait for the disk.
[[nodiscard]] Result<Checksum> digest_of(const RequestBody& body);
/// R91: that of the app wins.
void add_content_type(const std::string& content_type, HeaderList& headers);

}  // namespace lh
