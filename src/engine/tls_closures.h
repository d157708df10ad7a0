#pragma once

#include <unordered_set>

#include <curl/curl.h>

namespace lh {

/// Which encrypted connections of one thread the server has said to be at their end. libcurl 7.88
/// takes any end of a connection for the end of an answer that has no length, but anybody on the
/// way can close a connection (RFC 9112, section 9.8). Must outlive libcurl's connections. That
/// thread.
class TlsClosures {
 public:
  /// The connection under a request; null if it is not encrypted.
  using Connection = const void*;

  TlsClosures() = default;
  TlsClosures(const TlsClosures&) = delete;
  TlsClosures& operator=(const TlsClosures&) = delete;

  /// The connections that `easy` opens from now on are known here.
  [[nodiscard]] bool watch(CURL* easy);
  /// While `easy` is about to send a request.
  [[nodiscard]] static Connection connection_of(CURL* easy);
  /// It serves another request, or is a new one at the place of one that is gone.
  void begin(Connection connection) { ended_.erase(connection); }
  [[nodiscard]] bool has_ended(Connection connection) const { return ended_.contains(connection); }
  /// Whether there is more of what was read and decrypted.
  [[nodiscard]] static bool has_rest(Connection connection);

 private:
  static CURLcode on_context(CURL*, void* context, void* self);

  std::unordered_set<Connection> ended_;
};

}  // namespace lh
