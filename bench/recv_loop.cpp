// The least that a download can cost: one plain HTTP GET, received and written by a bare loop of
// recv() and pwrite(), without a library. Usage: bench_recv_loop HOST PORT PATH FILE [BUFFER_KIB]

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <netdb.h>

namespace {

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

int connect_to(const char* host, const char* port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host, port, &hints, &found) != 0) die("getaddrinfo");
  const int fd = ::socket(found->ai_family, SOCK_STREAM, 0);
  if (fd < 0 || ::connect(fd, found->ai_addr, found->ai_addrlen) != 0) die("connect");
  ::freeaddrinfo(found);
  return fd;
}

void send_request(int fd, const std::string& host, const std::string& path) {
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  if (::send(fd, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size())) {
    die("send");
  }
}

void write_all(int fd, std::string_view data, off_t offset) {
  while (!data.empty()) {
    const ssize_t written = ::pwrite(fd, data.data(), data.size(), offset);
    if (written < 0) die("pwrite");
    data.remove_prefix(static_cast<std::size_t>(written));
    offset += written;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: %s HOST PORT PATH FILE [BUFFER_KIB]\n", argv[0]);
    return 2;
  }
  const std::size_t buffer_size = (argc > 5 ? std::strtoul(argv[5], nullptr, 10) : 512) * 1024;
  const int file = ::open(argv[4], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) die("open");
  const int connection = connect_to(argv[1], argv[2]);
  send_request(connection, argv[1], argv[3]);

  std::vector<char> buffer(buffer_size);
  std::string head;
  bool in_body = false;
  off_t offset = 0;
  ssize_t got = 0;
  while ((got = ::recv(connection, buffer.data(), buffer.size(), 0)) > 0) {
    std::string_view data(buffer.data(), static_cast<std::size_t>(got));
    if (!in_body) {
      head.append(data);
      const auto end = head.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      in_body = true;
      data = std::string_view(head).substr(end + 4);
    }
    write_all(file, data, offset);
    offset += static_cast<off_t>(data.size());
  }
  if (got < 0) die("recv");
  if (::close(file) != 0) die("close");
  std::printf("%lld bytes\n", static_cast<long long>(offset));
  return 0;
}
