#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/guid.h"
#include "core/http/header_field.h"
#include "core/model/proxy_settings.h"
#include "core/model/request_body.h"
#include "core/model/upload_resource.h"
#include "longhaul/background_transfer_types.h"
#include "longhaul/web_error_status.h"

namespace lh {

using longhaul::BackgroundTransferCostPolicy;
using longhaul::BackgroundTransferPriority;
using longhaul::BackgroundTransferStatus;
using longhaul::WebErrorStatus;

using TransferId = Guid;
/// Names an entry of the secret store; transfers that were created together share one.
using SecretId = Guid;

enum class TransferKind : std::uint8_t { Download = 0, Upload = 1 };

/// What to do when the target's name is taken at the end.
enum class Collision : std::uint8_t {
  Replace = 0,    ///< a name that the app or the user gave
  MakeUnique = 1  ///< a name that came from the server or the URL: never replaces anything
};

/// Where a download goes, and the response to an upload.
struct Target {
  std::string folder;     ///< absolute, symbolic links resolved
  std::string file_name;  ///< empty: from Content-Disposition (sanitised), else from the URL, once
                          ///< the response is there
  Collision collision = Collision::Replace;

  friend bool operator==(const Target&, const Target&) = default;
};

struct Checksum {
  std::string algorithm;  ///< "sha256", "sha512", "sha1" or "md5"
  std::string hex;        ///< lower case

  friend bool operator==(const Checksum&, const Checksum&) = default;
};

/// What the app asked for (R3). Changes only through calls of the app.
struct TransferSpec {
  TransferKind kind = TransferKind::Download;
  std::string app;     ///< app id, e.g. "org.longhaul.cli"
  std::string uri;     ///< absolute, normalised, without fragment
  std::string origin;  ///< "http://host:port", key of the per-origin limit
  std::string method = "GET";
  HeaderList headers;              ///< but the secret ones
  std::optional<SecretId> secret;  ///< what else the requests need (core/model/secrets.h)
  ProxySettings proxy;
  std::optional<RequestBody> body;  ///< what the request sends; empty: nothing. An upload has one
  UploadWish upload_wish = UploadWish::Automatic;  ///< how an upload is to be resumed
  std::string ca_file;  ///< absolute path of the certificates to trust; empty: the configuration's
  Target target;
  std::string group;
  BackgroundTransferPriority priority = BackgroundTransferPriority::Default;
  BackgroundTransferCostPolicy cost_policy = BackgroundTransferCostPolicy::Default;
  std::optional<Checksum> checksum;         ///< of what is downloaded; of an upload, to be told
  std::vector<WebErrorStatus> recoverable;  ///< errors that pause instead of ending it (R155)
  bool keep_when_ended = false;  ///< stays listed until forgotten, although its end was delivered
                                 ///< (the command line's transfers)

  friend bool operator==(const TransferSpec&, const TransferSpec&) = default;
};

}  // namespace lh
