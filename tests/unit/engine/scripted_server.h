#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "platform/unique_fd.h"

namespace lh::test {

/// An HTTP server on a free port of the loopback that does what a test tells it to, byte by byte.
class ScriptedServer {
 public:
  /// One connection, while its script runs.
  class Connection {
   public:
    Connection(int fd, int stop_fd) : fd_(fd), stop_fd_(stop_fd) {}

    /// False if the client has gone.
    bool send(std::string_view data) const {
      while (!data.empty()) {
        const ssize_t sent = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        data.remove_prefix(static_cast<std::size_t>(sent));
      }
      return true;
    }
    /// Says nothing more until the client goes (or the test ends).
    void hold() const {
      for (;;) {
        pollfd fds[] = {{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
        if (::poll(fds, 2, -1) < 0 || fds[1].revents != 0) return;
        char rest[512];
        if (::recv(fd_, rest, sizeof rest, 0) <= 0) return;
      }
    }
    /// Makes the close that follows a reset.
    void reset() const {
      const linger now{1, 0};
      ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    /// The next request's head with its blank line; empty if the client has gone.
    [[nodiscard]] std::string read_request() const {
      std::string request;
      while (!request.ends_with("\r\n\r\n")) {
        pollfd fds[] = {{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
        char letter = 0;
        if (::poll(fds, 2, -1) < 0 || fds[1].revents != 0) return {};
        if (::recv(fd_, &letter, 1, 0) != 1) return {};
        request += letter;
      }
      return request;
    }

    /// What comes next, at most `size` bytes; fewer if the client goes.
    [[nodiscard]] std::string read_content(std::size_t size) const {
      std::string content;
      char part[16 * 1024];
      while (content.size() < size) {
        pollfd fds[] = {{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
        if (::poll(fds, 2, -1) < 0 || fds[1].revents != 0) break;
        const ssize_t got = ::recv(fd_, part, std::min(sizeof part, size - content.size()), 0);
        if (got <= 0) break;
        content.append(part, static_cast<std::size_t>(got));
      }
      return content;
    }

   private:
    int fd_;
    int stop_fd_;
  };

  /// Answers one request. The connection is closed afterwards.
  using Script = std::function<void(const Connection&, const std::string& request)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    ::bind(listener_.get(), generic, size);
    ::listen(listener_.get(), 16);
    ::getsockname(listener_.get(), generic, &size);
    port_ = ntohs(address.sin_port);
    int ends[2];
    if (::pipe(ends) == 0) {
      stop_.reset(ends[0]);
      stop_writer_.reset(ends[1]);
    }
    acceptor_ = std::thread([this] { accept_all(); });
  }
  /// A server that gives the same answer to all.
  explicit ScriptedServer(std::string answer)
      : ScriptedServer(
            [answer = std::move(answer)](const Connection& connection, const std::string&) {
              connection.send(answer);
            }) {}
  ~ScriptedServer() {
    stop_writer_.reset();  // whoever polls the other end wakes up
    acceptor_.join();
    for (auto& thread : connections_) thread.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/file.bin") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void accept_all() {
    for (;;) {
      pollfd fds[] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
      if (::poll(fds, 2, -1) < 0 || fds[1].revents != 0) return;
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      connections_.emplace_back([this, fd] { serve(UniqueFd(fd)); });
    }
  }
  void serve(UniqueFd fd) {
    const Connection connection(fd.get(), stop_.get());
    const std::string request = connection.read_request();
    if (request.empty()) return;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    script_(connection, request);
  }

  Script script_;
  UniqueFd listener_;
  UniqueFd stop_;
  UniqueFd stop_writer_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

/// "HTTP/1.1 STATUS", the fields, the length of `body` and the body.
inline std::string answer(const std::string& status, const std::vector<std::string>& fields,
                          const std::string& body) {
  std::string text = "HTTP/1.1 " + status + "\r\nConnection: close\r\n";
  for (const auto& field : fields) text += field + "\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return text + body;
}

}  // namespace lh::test
