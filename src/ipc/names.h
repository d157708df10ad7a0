#pragma once

namespace lh::bus {

/// Outside names (cli.md, "Names").
inline constexpr const char* kName = "org.longhaul.Transfers1";
inline constexpr const char* kPath = "/org/longhaul/Transfers1";
inline constexpr const char* kInterface = "org.longhaul.Transfers1.Service";
/// What every error of the service begins with.
inline constexpr const char* kErrorPrefix = "org.longhaul.Transfers1.Error.";

/// Verbs of Control.
namespace verb {
inline constexpr const char* kStart = "start";
inline constexpr const char* kPause = "pause";
inline constexpr const char* kResume = "resume";
inline constexpr const char* kCancel = "cancel";
inline constexpr const char* kForget = "forget";
inline constexpr const char* kCollect = "collect";  ///< its end was delivered (R9)
}  // namespace verb

/// Keys of the a{sv} dictionaries, with the type of each value.
namespace key {
// Hello
inline constexpr const char* kVersion = "version";           // s
inline constexpr const char* kPid = "pid";                   // i
inline constexpr const char* kSince = "since";               // x, ms since 1970 UTC
inline constexpr const char* kStateFolder = "state_folder";  // s
// Snapshot, "more"
inline constexpr const char* kError = "error";               // (iiuis)
inline constexpr const char* kBlockers = "blockers";         // a(uxxs)
inline constexpr const char* kNextAttempt = "next_attempt";  // x
inline constexpr const char* kRestarts = "restarts";         // u
// Details
inline constexpr const char* kResponse = "response";     // (isa(ss))
inline constexpr const char* kResumable = "resumable";   // b
inline constexpr const char* kRanges = "ranges";         // a(tt)
inline constexpr const char* kUploadUrl = "upload_url";  // s
// CreateDownloads, Change
inline constexpr const char* kMethod = "method";             // s
inline constexpr const char* kHeaders = "headers";           // a(ss)
inline constexpr const char* kPriority = "priority";         // i
inline constexpr const char* kCostPolicy = "cost_policy";    // i
inline constexpr const char* kGroup = "group";               // s
inline constexpr const char* kChecksum = "checksum";         // s, "sha256:HEX"
inline constexpr const char* kCollision = "collision";       // u
inline constexpr const char* kKeep = "keep";                 // b
inline constexpr const char* kBatch = "batch";               // t
inline constexpr const char* kIds = "ids";                   // as
inline constexpr const char* kServerLogin = "server_login";  // (ss)
inline constexpr const char* kProxyLogin = "proxy_login";    // (ss)
inline constexpr const char* kProxy = "proxy";               // (ssss): http, https, ftp, no_proxy
inline constexpr const char* kCaFile = "ca_file";            // s
inline constexpr const char* kRecoverable = "recoverable";   // ai; also in a snapshot's "more"
inline constexpr const char* kBodyFile = "body_file";        // s
inline constexpr const char* kBody = "body";                 // h, a regular file
inline constexpr const char* kResumption = "resumption";     // u, UploadWish
inline constexpr const char* kDigest = "digest";             // b
inline constexpr const char* kParts = "parts";               // a(ssa(ss)sbay), see the XML
inline constexpr const char* kSubtype = "subtype";           // s, of the parts
inline constexpr const char* kBoundary = "boundary";         // s, of the parts
inline constexpr const char* kUrl = "url";                   // s
inline constexpr const char* kSetHeaders = "set_headers";    // a(ss)
inline constexpr const char* kRemoveHeaders = "remove_headers";  // as
// List
inline constexpr const char* kApp = "app";             // s
inline constexpr const char* kAllApps = "all_apps";    // b
inline constexpr const char* kIdPrefix = "id_prefix";  // s
inline constexpr const char* kStatuses = "statuses";   // ai
// Status
inline constexpr const char* kConfigFile = "config_file";              // s
inline constexpr const char* kTransfers = "transfers";                 // a(it)
inline constexpr const char* kConnected = "connected";                 // b
inline constexpr const char* kInternet = "internet";                   // b
inline constexpr const char* kCost = "cost";                           // i
inline constexpr const char* kRoaming = "roaming";                     // b
inline constexpr const char* kApproachingLimit = "approaching_limit";  // b
inline constexpr const char* kOverLimit = "over_limit";                // b
inline constexpr const char* kRestricted = "restricted";               // b
inline constexpr const char* kConnection = "connection";               // s
inline constexpr const char* kNetworkInterface = "interface";          // s
inline constexpr const char* kOnBattery = "on_battery";                // b
inline constexpr const char* kBatteryPercent = "battery_percent";      // d
inline constexpr const char* kPowerSaver = "power_saver";              // b
inline constexpr const char* kMayRun = "may_run";                      // ai
inline constexpr const char* kSecrets = "secrets";                     // s
inline constexpr const char* kSpoolMax = "spool_max";                  // t
}  // namespace key

}  // namespace lh::bus
