#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <netinet/in.h>

namespace longhaul::test {

/// Serves one body on loopback, with ranges and a strong ETag, and reads what requests carry. It
/// can stop in the middle until it is told to go on, so that tests need not be quick.
class HttpStub {
 public:
  explicit HttpStub(std::string body) : body_(std::move(body)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 64);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~HttpStub() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      hold_at_.reset();
      hold_reading_at_.reset();
      for (const int fd : connections_) ::shutdown(fd, SHUT_RDWR);
    }
    changed_.notify_all();
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }

  [[nodiscard]] std::string url(const std::string& path = "/file.bin") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  /// Every request stops before the byte `offset` of the file.
  void hold_at(std::size_t offset) {
    const std::lock_guard lock(mutex_);
    hold_at_ = offset;
  }
  /// What a request carries is read no further.
  void hold_reading_at(std::size_t offset) {
    const std::lock_guard lock(mutex_);
    hold_reading_at_ = offset;
  }
  void release() {
    {
      const std::lock_guard lock(mutex_);
      hold_at_.reset();
      hold_reading_at_.reset();
    }
    changed_.notify_all();
  }
  /// As "404 Not Found"; requests for files get 200, or 206.
  void refuse_with(std::string status) {
    const std::lock_guard lock(mutex_);
    refusal_ = std::move(status);
  }
  /// Another file at the same address.
  void replace(std::string body, std::string etag) {
    const std::lock_guard lock(mutex_);
    body_ = std::move(body);
    etag_ = std::move(etag);
  }
  [[nodiscard]] std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  /// What the requests have carried.
  [[nodiscard]] std::vector<std::string> contents() {
    const std::lock_guard lock(mutex_);
    return contents_;
  }

 private:
  void accept_all() {
    while (true) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        ::close(fd);
        return;
      }
      connections_.push_back(fd);
      threads_.emplace_back([this, fd] {
        serve(fd);
        const std::lock_guard end(mutex_);
        std::erase(connections_, fd);
        ::close(fd);
      });
    }
  }

  void serve(int fd) {
    std::string text;
    char part[4096];
    while (true) {
      const std::size_t end = text.find("\r\n\r\n");
      if (end == std::string::npos) {
        const ssize_t got = ::recv(fd, part, sizeof part, 0);
        if (got <= 0) return;
        text.append(part, static_cast<std::size_t>(got));
        continue;
      }
      const std::string head = text.substr(0, end + 4);
      text.erase(0, end + 4);
      if (!take_content(fd, head, text) || !answer(fd, head)) return;
    }
  }

  /// What follows `head`; the beginning of `text` and, if that is not enough, what comes next.
  bool take_content(int fd, const std::string& head, std::string& text) {
    const std::string field = "Content-Length: ";
    const std::size_t at = head.find(field);
    const std::size_t length =
        at == std::string::npos ? 0 : std::stoul(head.substr(at + field.size()));
    if (head.find("Expect: 100-continue") != std::string::npos &&
        !send_all(fd, "HTTP/1.1 100 Continue\r\n\r\n")) {
      return false;
    }
    std::vector<char> part(256UL * 1024);
    while (text.size() < length) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] {
          return stopping_ || !hold_reading_at_ || *hold_reading_at_ > text.size();
        });
        if (stopping_) return false;
      }
      const ssize_t got = ::recv(fd, part.data(), part.size(), 0);
      if (got <= 0) return false;
      text.append(part.data(), static_cast<std::size_t>(got));
    }
    const std::lock_guard lock(mutex_);
    contents_.push_back(text.substr(0, length));
    text.erase(0, length);
    return true;
  }

  bool answer(int fd, const std::string& head) {
    std::string body;
    std::string etag;
    std::string refusal;
    {
      const std::lock_guard lock(mutex_);
      refusal = refusal_;
      requests_.push_back(head);
      body = body_;
      etag = etag_;
    }
    if (head.find(" /missing ") != std::string::npos) {
      return send_all(fd,
                      "HTTP/1.1 404 Not Found\r\nX-Reason: gone\r\nContent-Length: 4\r\n\r\ngone");
    }
    if (!refusal.empty()) {
      return send_all(fd, "HTTP/1.1 " + refusal + "\r\nX-Reason: refused\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n") &&
             send_body(fd, body, 0);
    }
    std::size_t from = 0;
    const std::size_t range = head.find("Range: bytes=");
    if (range != std::string::npos && head.find("If-Range: " + etag) != std::string::npos) {
      from = std::stoul(head.substr(range + std::strlen("Range: bytes=")));
    }
    std::string response = from > 0
                               ? "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " +
                                     std::to_string(from) + "-" + std::to_string(body.size() - 1) +
                                     "/" + std::to_string(body.size()) + "\r\n"
                               : "HTTP/1.1 200 OK\r\n";
    response += "ETag: " + etag + "\r\nAccept-Ranges: bytes\r\nX-Twice: a\r\nX-Twice: b\r\n";
    response += "Content-Length: " + std::to_string(body.size() - from) + "\r\n\r\n";
    return send_all(fd, response) && send_body(fd, body, from);
  }

  bool send_body(int fd, const std::string& body, std::size_t from) {
    while (from < body.size()) {
      std::size_t to = body.size();
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopping_ || !hold_at_ || *hold_at_ > from; });
        if (stopping_) return false;
        if (hold_at_) to = std::min(to, *hold_at_);
      }
      if (!send_all(fd, body.substr(from, to - from))) return false;
      from = to;
    }
    return true;
  }

  static bool send_all(int fd, const std::string& text) {
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t count = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  }

  int listener_ = -1;
  int port_ = 0;
  std::thread acceptor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string body_;
  std::string etag_ = "\"one\"";
  std::string refusal_;
  std::optional<std::size_t> hold_at_;
  std::optional<std::size_t> hold_reading_at_;
  bool stopping_ = false;
  std::vector<std::string> requests_;
  std::vector<std::string> contents_;
  std::vector<int> connections_;
  std::vector<std::thread> threads_;
};

}  // namespace longhaul::test
