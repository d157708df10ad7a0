#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/http/multipart.h"
#include "core/model/request_body.h"
#include "core/model/transfer_spec.h"
#include "files/body_layout.h"
#include "platform/file_ops.h"

namespace lh {

/// Copies of the streams that requests send, and layouts of bodies of several parts, in a folder of
/// the state folder: they are there when the app is not. A file for each transfer, durable before
/// its row is. All calls, but set_limit, on one thread that may wait for the disk.
class Spool {
 public:
  /// `folder` is made when it is needed. At most `limit` bytes.
  Spool(FileOps& ops, std::string folder, ByteCount limit);

  /// Any thread.
  void set_limit(ByteCount limit) { limit_ = limit; }
  [[nodiscard]] ByteCount limit() const { return limit_; }
  /// Copies end, with Unavailable. Any thread.
  void leave() { leaving_ = true; }
  /// Copies the regular file behind `from`, from its beginning. Quota if there is no room left
  /// under the limit; InvalidArgument if it is no such file. Nothing is left on failure, and what
  /// is there under that id stays.
  [[nodiscard]] Result<RequestBody> take(int from, const TransferId& id);
  /// The same with the layout of `body`, whose files are looked at as inspect_body() does, and stay
  /// where they are.
  [[nodiscard]] Result<RequestBody> lay_out(const MultipartBody& body, const TransferId& id);
  void erase(const TransferId& id);
  [[nodiscard]] std::vector<TransferId> list() const;

 private:
  /// Writes to the new file of that path.
  using Fill = std::function<Result<void>(int to, const std::string& path)>;
  [[nodiscard]] Result<RequestBody> keep(ByteCount size, const TransferId& id, const Fill& fill);
  [[nodiscard]] Result<RequestBody> create(const TransferId& id, const Fill& fill);
  [[nodiscard]] Result<FileStamp> fill_and_sync(int to, const std::string& path,
                                                const Fill& fill) const;
  [[nodiscard]] Result<std::vector<LayoutPart>> inspect_parts(const MultipartBody& body) const;
  [[nodiscard]] Result<void> copy_bytes(int from, int to, ByteCount size,
                                        const std::string& path) const;
  [[nodiscard]] Result<void> make_folder();
  [[nodiscard]] ByteCount used() const;

  FileOps& ops_;
  const std::string folder_;
  std::atomic<ByteCount> limit_;
  std::atomic<bool> leaving_ = false;
  bool is_durable_ = false;  ///< the folder's name
};

}  // namespace lh
