#pragma once

/// @file
/// Makes and finds downloads.

#include <cstddef>
#include <memory>

#include "longhaul/background_transfer_types.h"
#include "longhaul/download_operation.h"
#include "longhaul/export.h"
#include "longhaul/foundation/async.h"
#include "longhaul/foundation/collections.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/foundation/uri.h"
#include "longhaul/security/password_credential.h"
#include "longhaul/storage/input_stream.h"
#include "longhaul/storage/storage_file.h"

namespace longhaul {

namespace detail {
class FactoryState;
}

/// Settings for the downloads that it creates from then on (R59). A handle: copies share the
/// settings. Any thread. Failures are thrown as hresult_error: hresult_invalid_argument for bad
/// input, 0x80070426 if longhauld cannot be reached or started.
class LONGHAUL_EXPORT BackgroundDownloader {
 public:
  BackgroundDownloader();
  BackgroundDownloader(std::nullptr_t) noexcept {}

  /// A new download of `uri` (http or https) into `resultFile`, not started; durable when this
  /// returns. The file appears, or is replaced, when the download is complete. Throws
  /// hresult_invalid_argument if another download that has not ended has that file (R17).
  [[nodiscard]] DownloadOperation CreateDownload(const Uri& uri,
                                                 const IStorageFile& resultFile) const;

  /// The same, sending what is in `requestBodyFile` (R57; null: nothing). The method stays as it
  /// is, GET unless set. The file must stay as it is until the download has ended; one that has
  /// changed is an error and never sent as a whole.
  [[nodiscard]] DownloadOperation CreateDownload(const Uri& uri, const IStorageFile& resultFile,
                                                 const IStorageFile& requestBodyFile) const;
  /// The same with what `requestBodyStream` gives until its end: it is read, and kept by the
  /// service, before the download is there. A stream that fails, or is longer than
  /// limits.spool_max_mib, fails the creation. The URI and the file are checked at once.
  [[nodiscard]] IAsyncOperation<DownloadOperation> CreateDownloadAsync(
      const Uri& uri, const IStorageFile& resultFile, const IInputStream& requestBodyStream) const;

  /// The app's downloads that belong to no group: not started, running, paused, or ended and not
  /// yet delivered (R6, R7).
  [[nodiscard]] static IAsyncOperation<IVectorView<DownloadOperation>> GetCurrentDownloadsAsync();

  /// Values of one name concatenate (R58). Throws hresult_invalid_argument for what R62 forbids.
  void SetRequestHeader(const hstring& headerName, const hstring& headerValue) const;
  [[nodiscard]] hstring Method() const;  ///< "GET" at first
  void Method(const hstring& value) const;
  [[nodiscard]] BackgroundTransferCostPolicy CostPolicy() const;
  void CostPolicy(BackgroundTransferCostPolicy value) const;

  /// For the server of the download's URI, not for those that it redirects to (R64, R68). Null at
  /// first. Basic, Digest and NTLM; the safest that the server offers.
  [[nodiscard]] PasswordCredential ServerCredential() const;
  void ServerCredential(const PasswordCredential& value) const;
  /// For the proxy. Null at first.
  [[nodiscard]] PasswordCredential ProxyCredential() const;
  void ProxyCredential(const PasswordCredential& value) const;

  explicit operator bool() const noexcept { return state_ != nullptr; }
  friend bool operator==(const BackgroundDownloader& a, std::nullptr_t) noexcept {
    return !a.state_;
  }

  /// Ours; see extensions.h.
  [[nodiscard]] detail::FactoryState& state() const;

 private:
  std::shared_ptr<detail::FactoryState> state_;
};

}  // namespace longhaul
