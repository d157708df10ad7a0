#include "engine/curl_setup.h"

#include <sys/stat.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "core/http/text.h"
#include "core/model/ftp_answer.h"
#include "engine/curl_engine.h"

namespace lh {

namespace {

constexpr long kYes = 1;
/// Idle time and interval of TCP keep-alive probes.
constexpr long kKeepAliveSeconds = 60;
/// A body of this size is not sent before the server has said that it wants it (RFC 9110, section
/// 10.1.1).
constexpr ByteCount kWorthAsking = 1_MiB;

/// Sets options and remembers the first failure.
class Options {
 public:
  explicit Options(CURL* easy) : easy_(easy) {}

  template <typename T>
  void set(CURLoption option, T value) {
    if (first_failure_ == CURLE_OK) first_failure_ = (curl_easy_setopt)(easy_, option, value);
  }
  void set(CURLoption option, const std::string& value) { set(option, value.c_str()); }
  /// What libcurl may refuse without harm.
  template <typename T>
  void try_to_set(CURLoption option, T value) {
    [[maybe_unused]] const CURLcode refused = (curl_easy_setopt)(easy_, option, value);
  }

  void fail(CURLcode code) {
    if (first_failure_ == CURLE_OK) first_failure_ = code;
  }
  [[nodiscard]] CURLcode result() const { return first_failure_; }

 private:
  CURL* easy_;
  CURLcode first_failure_ = CURLE_OK;
};

class Lines {
 public:
  explicit Lines(Options& options) : options_(options) {}

  void add(const std::string& line) {
    curl_slist* longer = curl_slist_append(lines_.get(), line.c_str());
    if (longer == nullptr) return options_.fail(CURLE_OUT_OF_MEMORY);
    [[maybe_unused]] curl_slist* same = lines_.release();
    lines_.reset(longer);
  }
  void add(std::string_view name, std::string_view value) {
    // libcurl's way of writing a field without a value.
    add(value.empty() ? std::string(name) + ";" : std::string(name) + ": " + std::string(value));
  }
  [[nodiscard]] HeaderLines take() { return std::move(lines_); }

 private:
  Options& options_;
  HeaderLines lines_;
};

bool has_field(const HeaderList& headers, std::string_view name) {
  return find_field(headers, name).has_value();
}

/// Methods whose requests have a content, here an empty one, so that its length must be told.
bool sends_content(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

void set_method(Options& options, Lines& lines, const CurlRequest& request) {
  if (request.content) {
    options.set(CURLOPT_UPLOAD, kYes);
    options.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(*request.content));
    options.try_to_set(CURLOPT_UPLOAD_BUFFERSIZE, static_cast<long>(request.buffer_size));
    // A server that answers before it has read all would take the next request for the rest.
    options.set(CURLOPT_FORBID_REUSE, kYes);
    // To ask first costs a round trip, and a second where the server does not understand.
    const bool asks_first = (request.may_ask_first && *request.content >= kWorthAsking) ||
                            has_field(request.headers, "Expect");
    if (!asks_first) lines.add("Expect:");
    return options.set(CURLOPT_CUSTOMREQUEST, request.method);
  }
  if (request.method == "HEAD") return options.set(CURLOPT_NOBODY, kYes);
  if (request.method == "GET") return options.set(CURLOPT_HTTPGET, kYes);
  if (sends_content(request.method)) {
    options.set(CURLOPT_POSTFIELDS, "");
    if (!has_field(request.headers, "Content-Type")) lines.add("Content-Type:");
  }
  options.set(CURLOPT_CUSTOMREQUEST, request.method);
}

void set_headers(Options& options, Lines& lines, Lines& proxy_lines, const CurlRequest& request,
                 const EngineSettings& settings) {
  for (const HeaderField& field : request.headers) {
    if (!is_token(field.name) || !is_safe_field_value(field.value)) {
      return options.fail(CURLE_BAD_FUNCTION_ARGUMENT);
    }
    if (same_field_name(field.name, "Cookie")) {
      options.set(CURLOPT_COOKIE, field.value);  // joined with those that redirects set
    } else if (same_field_name(field.name, "Proxy-Authorization")) {
      proxy_lines.add(field.name, field.value);
    } else {
      lines.add(field.name, field.value);
    }
  }
  if (!has_field(request.headers, "User-Agent")) {
    options.set(CURLOPT_USERAGENT, settings.user_agent);
  }
  if (!has_field(request.headers, "Accept-Encoding")) lines.add("Accept-Encoding", "identity");
  if (request.from > 0) {
    lines.add("Range", "bytes=" + std::to_string(request.from) + "-");
    if (!request.validator.empty()) lines.add("If-Range", request.validator);
  }
}

long tls_version(std::string_view minimum) {
  if (minimum == "1.0") return CURL_SSLVERSION_TLSv1_0;
  if (minimum == "1.1") return CURL_SSLVERSION_TLSv1_1;
  if (minimum == "1.3") return CURL_SSLVERSION_TLSv1_3;
  return CURL_SSLVERSION_TLSv1_2;
}

/// R64. Negotiate goes by the user's ticket and has no use for a password: where libcurl preferred
/// it to a scheme that can use the password, a user without a ticket would be turned away.
bool is_ticket(const Login& login) {
  return login.user.empty() && login.password.empty();
}

long schemes_for(const Login& login) {
  return static_cast<long>(is_ticket(login) ? CURLAUTH_NEGOTIATE
                                            : CURLAUTH_BASIC | CURLAUTH_DIGEST | CURLAUTH_NTLM);
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (text::is_alpha(c) || text::is_digit(c)) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[byte >> 4U];
      encoded += kHex[byte & 0xFU];
    }
  }
  return encoded;
}

void set_logins(Options& options, const CurlRequest& request) {
  if (request.login) {
    options.set(CURLOPT_USERNAME, request.login->user);
    options.set(CURLOPT_PASSWORD, request.login->password);
    options.set(CURLOPT_HTTPAUTH, schemes_for(*request.login));
  }
  if (request.proxy_login && !request.proxy.empty()) {
    options.set(CURLOPT_PROXYAUTH, schemes_for(*request.proxy_login));
  }
  // A server may take the connection for the user from then on, and libcurl 7.88 gives it to
  // whoever comes next.
  const bool by_ticket = (request.login && is_ticket(*request.login)) ||
                         (request.proxy_login && is_ticket(*request.proxy_login));
  if (by_ticket) {
    options.set(CURLOPT_FORBID_REUSE, kYes);
    options.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  }
}

/// With its login as part of the address: of the options for it, libcurl 7.88 decodes percent
/// signs, and once more for each further request of a login.
std::string proxy_address(const CurlRequest& request) {
  const auto host = request.proxy.find("://");
  if (!request.proxy_login || host == std::string::npos) return request.proxy;
  std::string address = request.proxy;
  return address.insert(host + 3, percent_encoded(request.proxy_login->user) + ":" +
                                      percent_encoded(request.proxy_login->password) + "@");
}

/// Set even where there is none: libcurl would ask the service's own environment.
void set_proxy(Options& options, const CurlRequest& request) {
  const auto& login = request.proxy_login;
  const bool is_odd = login && has_control(login->user + login->password);
  // libcurl would go without the proxy.
  if (is_odd) return options.fail(CURLE_BAD_FUNCTION_ARGUMENT);
  options.set(CURLOPT_PROXY, proxy_address(request));
  options.set(CURLOPT_NOPROXY, request.proxy_exceptions);
}

/// R177. The time of the file's last change is asked for as well.
void set_ftp(Options& options, const CurlRequest& request) {
  options.set(CURLOPT_FILETIME, kYes);
  // Of a connection that is kept, libcurl takes leave at the end of the service, and waits for the
  // server's answer for minutes.
  options.set(CURLOPT_FORBID_REUSE, kYes);
  options.set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(request.from));
  // An HTTP proxy would otherwise be asked to speak FTP, and answer in HTTP.
  if (request.proxy.starts_with("http")) options.set(CURLOPT_HTTPPROXYTUNNEL, kYes);
}

/// Of a canonical URI.
std::string_view host_of(std::string_view uri) {
  const auto scheme = uri.find("://");
  if (scheme == std::string_view::npos) return {};
  uri.remove_prefix(scheme + 3);
  uri = uri.substr(0, uri.find_first_of("/?"));
  if (uri.starts_with('[')) return uri.substr(1, uri.find(']') - 1);
  return uri.substr(0, uri.find(':'));
}

const ClientCertificate* certificate_for(const CurlRequest& request,
                                         const EngineSettings& settings) {
  const auto& own = settings.client_certificates;
  const auto found = std::ranges::find_if(own, [&request](const ClientCertificate& certificate) {
    return matches_pattern(certificate.host, host_of(request.uri));
  });
  return found == own.end() ? nullptr : &*found;
}

void set_tls(Options& options, const CurlRequest& request, const EngineSettings& settings) {
  const long version = tls_version(settings.min_tls);
  const std::string& ca_file = request.ca_file.empty() ? settings.ca_file : request.ca_file;
  options.set(CURLOPT_SSLVERSION, version);
  options.set(CURLOPT_PROXY_SSLVERSION, version);
  if (!ca_file.empty()) {
    options.set(CURLOPT_CAINFO, ca_file);
    options.set(CURLOPT_PROXY_CAINFO, ca_file);
  }
  if (!settings.crl_file.empty()) {
    options.set(CURLOPT_CRLFILE, settings.crl_file);
    options.set(CURLOPT_PROXY_CRLFILE, settings.crl_file);
  }
  const ClientCertificate* const found = certificate_for(request, settings);
  if (found == nullptr) return;
  options.set(CURLOPT_SSLCERT, found->certificate);
  options.set(CURLOPT_SSLKEY, found->key.empty() ? found->certificate : found->key);
  // Else OpenSSL would ask whoever sits at the terminal for that of an encrypted one, and wait.
  options.set(CURLOPT_KEYPASSWD, "");
}

void set_connection(Options& options, const CurlRequest& request) {
  options.set(CURLOPT_PROTOCOLS_STR, "http,https,ftp");
  options.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  options.set(CURLOPT_NOSIGNAL, kYes);
  if (request.on_new_connection) options.set(CURLOPT_FRESH_CONNECT, kYes);
  options.set(CURLOPT_TCP_KEEPALIVE, kYes);
  options.set(CURLOPT_TCP_KEEPIDLE, kKeepAliveSeconds);
  options.set(CURLOPT_TCP_KEEPINTVL, kKeepAliveSeconds);
  // After a request on a connection that others still use (HTTP/2) a handle has kept its buffer,
  // and libcurl refuses to be told a size; it then fills what it fills by default of that buffer.
  options.try_to_set(CURLOPT_BUFFERSIZE, static_cast<long>(request.buffer_size));
  options.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, kYes);
  // Better wait for a connection that may carry many requests than open another.
  if (request.uri.starts_with("https:")) options.set(CURLOPT_PIPEWAIT, kYes);
}

HeaderList headers_without(const HeaderList& headers,
                           std::initializer_list<std::string_view> names) {
  HeaderList kept;
  for (const HeaderField& field : headers) {
    const bool goes = std::ranges::any_of(
        names, [&field](std::string_view name) { return same_field_name(field.name, name); });
    if (!goes) kept.push_back(field);
  }
  return kept;
}

/// OpenSSL would wait for whoever writes to a pipe.
Result<void> check_tls_files(const CurlRequest& request, const EngineSettings& settings) {
  const ClientCertificate* const own = certificate_for(request, settings);
  const ClientCertificate none;
  const ClientCertificate& shown = own != nullptr ? *own : none;
  for (const std::string* path :
       {&request.ca_file, &settings.ca_file, &settings.crl_file, &shown.certificate, &shown.key}) {
    struct ::stat info{};
    const bool is_odd =
        !path->empty() && ::stat(path->c_str(), &info) == 0 && !S_ISREG(info.st_mode);
    if (is_odd) return Error{ErrorKind::File, 0, "read", *path, "it is no regular file"};
  }
  return {};
}

}  // namespace

Result<RequestLines> set_up_request(CURL* easy, const CurlRequest& request,
                                    const EngineSettings& settings) {
  if (auto checked = check_tls_files(request, settings); !checked) {
    return std::move(checked).error();
  }
  Options options(easy);
  Lines lines(options);
  Lines proxy_lines(options);
  options.set(CURLOPT_URL, request.uri);
  if (request.method == kFtpMethod) {
    set_ftp(options, request);
  } else {
    set_method(options, lines, request);
    set_headers(options, lines, proxy_lines, request, settings);
  }
  set_connection(options, request);
  set_tls(options, request, settings);
  set_proxy(options, request);
  set_logins(options, request);
  RequestLines request_lines{lines.take(), proxy_lines.take()};
  options.set(CURLOPT_HTTPHEADER, request_lines.server.get());
  options.set(CURLOPT_PROXYHEADER, request_lines.proxy.get());
  // Cookies that a redirect sets are for the rest of the attempt (R67).
  // Starts the cookie engine. CURLOPT_COOKIEFILE would, too, but loses memory with every reset.
  options.set(CURLOPT_COOKIELIST, "Set-Cookie:");
  if (options.result() != CURLE_OK) {
    return Error{.kind = ErrorKind::Internal,
                 .code = options.result(),
                 .operation = "prepare the request",
                 .subject = {},
                 .detail = curl_easy_strerror(options.result())};
  }
  return request_lines;
}

bool needs_ticket(const Secrets& secrets) {
  return (secrets.server && is_ticket(*secrets.server)) ||
         (secrets.proxy && is_ticket(*secrets.proxy)) ||
         std::ranges::any_of(secrets.proxies, is_ticket, &Secrets::ProxyLogin::login);
}

std::vector<std::string> cookies_of(CURL* easy) {
  curl_slist* list = nullptr;
  curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &list);
  const HeaderLines owned(list);
  std::vector<std::string> cookies;
  for (; list != nullptr; list = list->next) cookies.emplace_back(list->data);
  return cookies;
}

void add_cookies(CURL* easy, const std::vector<std::string>& cookies) {
  for (const std::string& cookie : cookies) {
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, cookie.c_str());
  }
}

HeaderList headers_for_other_origin(const HeaderList& headers) {
  return headers_without(headers, {"Authorization", "Cookie", "Host", "Proxy-Authorization"});
}

HeaderList headers_without_content(const HeaderList& headers) {
  return headers_without(
      headers, {"Content-Encoding", "Content-Language", "Content-Location", "Content-Type",
                "Content-Digest", "Repr-Digest", "Digest", "Expect"});
}

}  // namespace lh
