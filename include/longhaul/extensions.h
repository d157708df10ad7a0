#pragma once

/// @file
/// What we offer per program and per download beyond the original API.

#include "longhaul/background_downloader.h"
#include "longhaul/background_transfer_types.h"
#include "longhaul/background_uploader.h"
#include "longhaul/export.h"
#include "longhaul/foundation/hstring.h"

namespace longhaul {

/// The app that this process's transfers belong to: letters, digits, ".", "-" and "_", not empty,
/// at most 255 bytes. Before the first use of the library; without it $LONGHAUL_APP_ID counts, else
/// the program's name. Throws hresult_illegal_method_call once the service has been asked.
LONGHAUL_EXPORT void SetAppId(const hstring& id);
[[nodiscard]] LONGHAUL_EXPORT hstring AppId();

/// The next downloads of this factory must have this digest: "sha256:HEX" (also sha512, sha1, md5);
/// empty turns it off. A file that differs ends in Error with 0x80070017.
LONGHAUL_EXPORT void SetChecksum(const BackgroundDownloader& downloader, const hstring& checksum);
/// Whether its next transfers stay listed after their end was delivered. Default false.
LONGHAUL_EXPORT void SetKeepWhenEnded(const BackgroundDownloader& downloader, bool keep);
LONGHAUL_EXPORT void SetKeepWhenEnded(const BackgroundUploader& uploader, bool keep);
/// Place in the queue of its next transfers (R107).
LONGHAUL_EXPORT void SetPriority(const BackgroundDownloader& downloader,
                                 BackgroundTransferPriority priority);
LONGHAUL_EXPORT void SetPriority(const BackgroundUploader& uploader,
                                 BackgroundTransferPriority priority);

/// The proxy of its next transfers: "http://host:port", https, socks4, socks4a, socks5 or socks5h;
/// a user and a password in it are credentials. Empty: none. Without this call the proxy variables
/// of the process's environment at the creation of a transfer count.
LONGHAUL_EXPORT void SetProxy(const BackgroundDownloader& downloader, const hstring& proxy);
LONGHAUL_EXPORT void SetProxy(const BackgroundUploader& uploader, const hstring& proxy);
/// Certificates (a PEM file) that its next transfers trust instead of the system's. An absolute
/// path; empty turns it off.
LONGHAUL_EXPORT void SetCertificateFile(const BackgroundDownloader& downloader,
                                        const hstring& file);
LONGHAUL_EXPORT void SetCertificateFile(const BackgroundUploader& uploader, const hstring& file);

}  // namespace longhaul
