#pragma once

/// @file
/// The service as a whole, ours: every app's transfers, batches, news, status. What the command
/// line is made of. Text is UTF-8, sizes are bytes, times are UTC. Failures are thrown as
/// hresult_error; 0x80070426 means that longhauld cannot be reached or started, 0x80070490 that
/// there is no such transfer. Objects may be used from any thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "longhaul/background_transfer_types.h"
#include "longhaul/export.h"
#include "longhaul/web_error_status.h"

namespace longhaul {

using UtcTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// Why a transfer ended or is held (cli.md, "error").
struct TransferErrorInfo {
  WebErrorStatus Status = WebErrorStatus::Unknown;
  std::int32_t HResult = 0;
  std::optional<int> Code;  ///< HTTP status
  std::string Kind;         ///< http, network, tls, file, disk, checksum, protocol, canceled
  std::string Message;
};

/// One cause that keeps a started transfer from running (cli.md, "reason").
struct BlockerInfo {
  std::string Kind;  ///< no-network, cost, power, server, host-limit, queue, disk, app, retry
  UtcTime Since{};
  std::optional<UtcTime> Until;
  std::string Text;
};

enum class TransferKind : std::uint8_t { Download, Upload };

/// Everything `list` shows of a transfer (cli.md, "JSON").
struct LONGHAUL_EXPORT TransferInfo {
  std::string Id;
  TransferKind Kind = TransferKind::Download;
  std::string App;
  std::string Group;  ///< empty: none
  std::string Url;
  std::string Method;
  std::string File;  ///< result or source; empty until the name is known, and where there is none
  BackgroundTransferStatus Status = BackgroundTransferStatus::Idle;
  std::vector<BlockerInfo> Blockers;
  std::optional<UtcTime> NextAttempt;
  BackgroundTransferPriority Priority = BackgroundTransferPriority::Default;
  BackgroundTransferCostPolicy CostPolicy = BackgroundTransferCostPolicy::Default;
  std::uint64_t BytesReceived = 0;
  std::optional<std::uint64_t> TotalBytesToReceive;
  std::uint64_t BytesSent = 0;
  std::optional<std::uint64_t> TotalBytesToSend;
  bool HasRestarted = false;
  bool HasResponseChanged = false;
  std::uint32_t Attempts = 0;
  std::optional<TransferErrorInfo> Error;
  std::optional<int> HttpStatus;
  UtcTime Created{};
  std::optional<UtcTime> Started;
  std::optional<UtcTime> Ended;

  /// Completed, Canceled or Error.
  [[nodiscard]] bool HasEnded() const;
};

/// What `show` adds.
struct ResponseInfo {
  int Status = 0;
  std::string Url;
  std::vector<std::pair<std::string, std::string>> Headers;
  bool Resumable = false;
};
struct TransferDetails {
  TransferInfo Info;
  std::optional<ResponseInfo> Response;
  std::vector<BackgroundTransferFileRange> Ranges;
  std::string UploadUrl;  ///< of a resumable upload that has not ended; else empty
};

/// One line of `longhaul events`.
struct TransferEvent {
  enum class What : std::uint8_t { Created, State, Progress, Response, Ended, Forgotten };
  What Kind = What::Progress;
  bool ResponseChanged = false;
  bool Restarted = false;
  UtcTime Time{};
  TransferInfo Transfer;
};

/// For a server or a proxy. Never shown or given back. Both empty: the user's Kerberos ticket.
struct TransferLogin {
  std::string User;
  std::string Password;
};

/// How requests are made.
struct RequestSettings {
  std::string Method = "GET";
  std::vector<std::pair<std::string, std::string>> Headers;
  BackgroundTransferPriority Priority = BackgroundTransferPriority::Default;
  BackgroundTransferCostPolicy CostPolicy = BackgroundTransferCostPolicy::Default;
  std::string Group;
  std::optional<TransferLogin> ServerLogin;  ///< for the server of each URL, not for redirects
  std::optional<TransferLogin> ProxyLogin;
  /// "http://host:port", https, socks4, socks4a, socks5, socks5h; empty: none. Absent: what the
  /// proxy variables of the environment say now.
  std::optional<std::string> Proxy;
  std::string CertificateFile;  ///< PEM, absolute path, trusted instead of the system's
  std::string BodyFile;         ///< absolute path of what each request sends; empty: nothing
  /// Or read from here before the transfer is there, which must be the only one of its batch: gives
  /// what comes next, 0 bytes at the end; what it throws fails the creation.
  std::function<std::size_t(std::span<std::uint8_t>)> BodyStream;
  bool KeepWhenEnded =
      true;  ///< listed until forgotten or the retention is over, however often it was delivered
};
/// Settings that the downloads of one batch share.
struct DownloadSettings : RequestSettings {
  std::string Checksum;                     ///< "sha256:HEX"; empty: none. Only for a batch of one
  std::vector<WebErrorStatus> Recoverable;  ///< errors that pause instead of ending
  bool ReplaceExisting = true;  ///< false: a FileName that is taken becomes "name (2).ext"
};
/// One part of an upload: a text or a file.
struct UploadPart {
  std::string Name;      ///< of the form's field; may be empty
  std::string FileName;  ///< what the server is told, without folders; empty: nothing
  std::vector<std::pair<std::string, std::string>>
      Headers;  ///< each replaces a default of its name
  std::optional<std::string> Text;
  std::optional<std::string> File;  ///< absolute path; must stay as it is until the end
  std::string ContentType;          ///< of a file; empty: application/octet-stream
};
/// What an upload sends is its BodyFile, its BodyStream or its Parts: one of them.
struct UploadSettings : RequestSettings {
  UploadSettings() { Method = "POST"; }
  bool Tus = false;               ///< the URL is where a tus server creates uploads
  bool Digest = false;            ///< the server is told the SHA-256 of what is sent
  std::vector<UploadPart> Parts;  ///< in the order in which they are sent (R88)
  std::string Subtype;            ///< of multipart/…; empty: form-data (R89)
  std::string Boundary;           ///< empty: generated (R90)
};
/// One download of a batch.
struct DownloadItem {
  std::string Url;
  std::string Folder;    ///< absolute
  std::string FileName;  ///< empty: chosen from the response, made unique in the folder
};

struct ListQuery {
  bool AllApps = false;
  std::optional<std::string> Group;
  std::optional<std::string> IdPrefix;
  std::vector<BackgroundTransferStatus> Statuses;  ///< empty: all
};

enum class TransferVerb : std::uint8_t { Start, Pause, Resume, Cancel, Forget };

/// A transfer that a call was refused for.
struct Refusal {
  std::string Id;
  std::int32_t HResult = 0;
  std::string Message;
};

struct ServiceStatus {
  std::string Version;
  std::int32_t Pid = 0;
  UtcTime Since{};
  std::string StateFolder;
  std::string ConfigFile;
  std::vector<std::pair<BackgroundTransferStatus, std::uint64_t>>
      Transfers;  ///< counts, every status once
  // Network, power and policy as the service sees them.
  bool Connected = true;
  bool Internet = true;
  std::string Cost;  ///< NetworkCostType name
  bool Roaming = false;
  bool ApproachingLimit = false;
  bool OverLimit = false;
  bool Restricted = false;
  std::string Connection;  ///< empty: not known
  std::string Interface;   ///< empty: not known
  std::optional<bool> OnBattery;
  std::optional<double> BatteryPercent;
  std::optional<bool> PowerSaver;
  std::vector<BackgroundTransferCostPolicy> MayRun;
  std::string
      Secrets;  ///< where credentials are kept: "secret-service" or "file"; empty: not known
};

struct TransferChanges {
  std::optional<BackgroundTransferPriority> Priority;
  std::optional<BackgroundTransferCostPolicy> CostPolicy;
  std::vector<std::pair<std::string, std::string>> SetHeaders;
  std::vector<std::string> RemoveHeaders;  ///< before those are set
  std::optional<std::string> Url;  ///< only while it is paused by the app or by such an error
  std::optional<std::vector<WebErrorStatus>> Recoverable;
};

/// Ends the delivery of news when destroyed; no handler runs afterwards.
class LONGHAUL_EXPORT TransferSubscription {
 public:
  TransferSubscription() = default;
  TransferSubscription(TransferSubscription&&) noexcept = default;
  TransferSubscription& operator=(TransferSubscription&&) noexcept = default;
  virtual ~TransferSubscription() = default;
};

/// Reads the bytes of a download, or of the answer to an upload, while they arrive.
class LONGHAUL_EXPORT ContentReader {
 public:
  virtual ~ContentReader() = default;
  /// Up to buffer.size() bytes from the current position on. With `wait`, blocks until there is at
  /// least one, returns 0 at the end and throws the transfer's error if it fails; without, returns
  /// 0 where nothing is there yet. Throws 0x800710DD after the transfer has restarted from the
  /// beginning (R82).
  virtual std::size_t Read(std::span<std::uint8_t> buffer, bool wait) = 0;
};

/// A connection to longhauld, which is started if need be. Survives the daemon's end: it is found
/// or started again by itself, and news goes on.
class LONGHAUL_EXPORT TransferService {
 public:
  /// The app that calls belong to: `app_id`, else $LONGHAUL_APP_ID, else the program's name.
  explicit TransferService(std::string app_id = {});
  ~TransferService();
  TransferService(TransferService&&) noexcept;
  TransferService& operator=(TransferService&&) noexcept;

  /// Creates all or none, in the order given, and starts them if asked. When it returns they are
  /// durable. A bad item is named by its index in the message.
  std::vector<std::string> CreateDownloads(const DownloadSettings& settings,
                                           const std::vector<DownloadItem>& items, bool start);
  /// The same for one upload. What the server answers is kept: OpenContent.
  std::string CreateUpload(const UploadSettings& settings, const std::string& url, bool start);

  /// Calls `visit` for each in order of creation, page by page, until it returns false.
  void List(const ListQuery& query, const std::function<bool(const TransferInfo&)>& visit);
  /// The one whose id begins with `prefix` (at least 4 characters), of any app of the user; throws
  /// 0x80070490 if there is none, 0x80070057 if it is ambiguous.
  std::string Find(const std::string& prefix);
  TransferDetails Show(const std::string& id);
  /// Carries out `verb` on each; returns those that were refused, with the reason.
  std::vector<Refusal> Control(TransferVerb verb, const std::vector<std::string>& ids);
  void Change(const std::string& id, const TransferChanges& changes);

  /// Calls `handler` on a thread of the library, one call at a time: first with the present state
  /// of each id (Kind State, or Ended), then with its news. After a restart of the daemon it goes
  /// on with the state found there. Ended comes exactly once.
  std::unique_ptr<TransferSubscription> Watch(const std::vector<std::string>& ids,
                                              std::function<void(const TransferEvent&)> handler);
  /// News of all transfers of the app, or of all apps.
  std::unique_ptr<TransferSubscription> WatchAll(bool all_apps,
                                                 std::function<void(const TransferEvent&)> handler);

  /// Bytes of a download, or of the answer to an upload, from `offset` on.
  std::unique_ptr<ContentReader> OpenContent(const std::string& id, std::uint64_t offset);

  ServiceStatus Status();
  /// Makes the daemon read its configuration again; throws what is wrong with it.
  void Reload();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Version of the library, "1.2.3".
[[nodiscard]] LONGHAUL_EXPORT const char* LibraryVersion();

}  // namespace longhaul
