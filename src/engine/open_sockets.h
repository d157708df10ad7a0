#pragma once

#include <cstdint>
#include <vector>

#include <curl/curl.h>

namespace lh {

/// The sockets that libcurl has open on one thread. What a server says on a kept connection when
/// nobody has asked, libcurl 7.88 takes for the answer to the next request there: so such a
/// connection is looked at before it serves again. Must outlive libcurl's connections. That thread.
class OpenSockets {
 public:
  OpenSockets() = default;
  OpenSockets(const OpenSockets&) = delete;
  OpenSockets& operator=(const OpenSockets&) = delete;

  /// The connections that `easy` opens from now on are known here.
  [[nodiscard]] bool watch(CURL* easy);
  /// A request of `easy` has had its whole answer. Until the next one, there is nothing that a
  /// server of HTTP/1 could have to say (RFC 9112, section 9.2).
  void answered(CURL* easy);
  /// Whether `easy` is about to send a request on a connection that was answered() and has
  /// something to be read, or has been closed. The ports are those that CURLOPT_PREREQFUNCTION is
  /// told.
  [[nodiscard]] bool has_unasked(CURL* easy, int server_port, int own_port);

 private:
  struct Socket {
    curl_socket_t fd = CURL_SOCKET_BAD;
    int server_port = 0;
    int own_port = 0;       ///< 0: not looked up yet
    bool is_quiet = false;  ///< answered, and not asked since
  };
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_close(void* self, curl_socket_t fd);
  /// Connections to several servers may share the ports.
  [[nodiscard]] std::vector<Socket*> find(int server_port, int own_port);

  std::vector<Socket> sockets_;
};

}  // namespace lh
