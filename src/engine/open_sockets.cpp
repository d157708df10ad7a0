#include "engine/open_sockets.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include <netinet/in.h>

#include "engine/tls_closures.h"

namespace lh {

namespace {

/// 0 if there is none (yet).
int port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return 0;
}

using NameOf = int (*)(int, sockaddr*, socklen_t*);

int port_by(NameOf name_of, curl_socket_t fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  return name_of(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 ? port_of(address) : 0;
}

bool is_readable(curl_socket_t fd) {
  pollfd asked{fd, POLLIN, 0};
  return ::poll(&asked, 1, 0) != 0;
}

bool speaks_http1(CURL* easy) {
  long version = CURL_HTTP_VERSION_NONE;
  curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
  return version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1;
}

}  // namespace

bool OpenSockets::watch(CURL* easy) {
  void* self = this;
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OpenSockets::on_open) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, self) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &OpenSockets::on_close) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, self) == CURLE_OK;
}

void OpenSockets::answered(CURL* easy) {
  if (!speaks_http1(easy)) return;
  long server_port = 0;
  long own_port = 0;
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &server_port);
  curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &own_port);
  for (Socket* socket : find(static_cast<int>(server_port), static_cast<int>(own_port))) {
    socket->is_quiet = true;
  }
}

bool OpenSockets::has_unasked(CURL* easy, int server_port, int own_port) {
  // What came in one record with the end of the last answer is in no socket any more.
  const bool has_rest = TlsClosures::has_rest(TlsClosures::connection_of(easy));
  bool found = false;
  for (Socket* socket : find(server_port, own_port)) {
    socket->is_quiet = socket->is_quiet && (has_rest || is_readable(socket->fd));
    found = found || socket->is_quiet;
  }
  return found;
}

std::vector<OpenSockets::Socket*> OpenSockets::find(int server_port, int own_port) {
  std::vector<Socket*> found;
  for (Socket& socket : sockets_) {
    if (socket.own_port == 0) {
      socket.server_port = port_by(&::getpeername, socket.fd);
      if (socket.server_port != 0) socket.own_port = port_by(&::getsockname, socket.fd);
    }
    if (socket.own_port == own_port && socket.server_port == server_port) found.push_back(&socket);
  }
  return found;
}

curl_socket_t OpenSockets::on_open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd >= 0) static_cast<OpenSockets*>(self)->sockets_.push_back({.fd = fd});
  return fd;
}

int OpenSockets::on_close(void* self, curl_socket_t fd) {
  auto& sockets = static_cast<OpenSockets*>(self)->sockets_;
  std::erase_if(sockets, [fd](const Socket& socket) { return socket.fd == fd; });
  return ::close(fd);
}

}  // namespace lh
