#pragma once

/// @file
/// Makes and finds uploads.

#include <cstddef>
#include <memory>

#include "longhaul/background_transfer_content_part.h"
#include "longhaul/background_transfer_types.h"
#include "longhaul/export.h"
#include "longhaul/foundation/async.h"
#include "longhaul/foundation/collections.h"
#include "longhaul/foundation/hstring.h"
#include "longhaul/foundation/uri.h"
#include "longhaul/security/password_credential.h"
#include "longhaul/storage/input_stream.h"
#include "longhaul/storage/storage_file.h"
#include "longhaul/upload_operation.h"

namespace longhaul {

namespace detail {
class FactoryState;
}

/// Settings for the uploads that it creates from then on (R59). A handle: copies share the
/// settings. Any thread. Failures are thrown as hresult_error: hresult_invalid_argument for bad
/// input, at once, 0x80070426 if longhauld cannot be reached or started. An upload that was created
/// is durable, and not started. Files must stay as they are until it has ended; one that has
/// changed is an error and never sent as a whole (R98).
class LONGHAUL_EXPORT BackgroundUploader {
 public:
  BackgroundUploader();
  BackgroundUploader(std::nullptr_t) noexcept {}

  /// A new upload of what is in `sourceFile` to `uri` (http or https). Nothing tells the server the
  /// file's name but what the app sets (R84).
  [[nodiscard]] UploadOperation CreateUpload(const Uri& uri, const IStorageFile& sourceFile) const;
  /// The same of what `sourceStream` gives until its end: it is read, and kept by the service,
  /// before the upload is there (R97). A stream that fails, or is longer than limits.spool_max_mib,
  /// fails the creation.
  [[nodiscard]] IAsyncOperation<UploadOperation> CreateUploadFromStreamAsync(
      const Uri& uri, const IInputStream& sourceStream) const;

  /// The same of several parts, in that order (R88), as multipart/form-data.
  [[nodiscard]] IAsyncOperation<UploadOperation> CreateUploadAsync(
      const Uri& uri, const IIterable<BackgroundTransferContentPart>& parts) const;
  /// As multipart/`subType`; empty: form-data (R89).
  [[nodiscard]] IAsyncOperation<UploadOperation> CreateUploadAsync(
      const Uri& uri, const IIterable<BackgroundTransferContentPart>& parts,
      const hstring& subType) const;
  /// With this boundary, of 1 to 70 characters that RFC 2046 allows; empty: a generated one (R90).
  [[nodiscard]] IAsyncOperation<UploadOperation> CreateUploadAsync(
      const Uri& uri, const IIterable<BackgroundTransferContentPart>& parts, const hstring& subType,
      const hstring& boundary) const;

  /// The app's uploads that belong to no group: not started, running, paused, or ended and not yet
  /// delivered (R6, R7).
  [[nodiscard]] static IAsyncOperation<IVectorView<UploadOperation>> GetCurrentUploadsAsync();

  /// Values of one name concatenate (R58). Throws hresult_invalid_argument for what R62 forbids. A
  /// Content-Type replaces that of parts (R91).
  void SetRequestHeader(const hstring& headerName, const hstring& headerValue) const;
  [[nodiscard]] hstring Method() const;  ///< "POST" at first
  void Method(const hstring& value) const;
  [[nodiscard]] BackgroundTransferCostPolicy CostPolicy() const;
  void CostPolicy(BackgroundTransferCostPolicy value) const;

  /// For the server of the upload's URI, not for those that it redirects to (R64, R68). Null at
  /// first. Basic, Digest and NTLM; the safest that the server offers.
  [[nodiscard]] PasswordCredential ServerCredential() const;
  void ServerCredential(const PasswordCredential& value) const;
  /// For the proxy. Null at first.
  [[nodiscard]] PasswordCredential ProxyCredential() const;
  void ProxyCredential(const PasswordCredential& value) const;

  explicit operator bool() const noexcept { return state_ != nullptr; }
  friend bool operator==(const BackgroundUploader& a, std::nullptr_t) noexcept { return !a.state_; }

  /// Ours; see extensions.h.
  [[nodiscard]] detail::FactoryState& state() const;

 private:
  std::shared_ptr<detail::FactoryState> state_;
};

}  // namespace longhaul
