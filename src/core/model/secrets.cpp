#include "core/model/secrets.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/http/text.h"

namespace lh {
namespace {

constexpr std::string_view kHeading = "longhaul-secrets 1\n";
constexpr std::string_view kEnd = "end\n";

/// Words are separated by spaces, so what is in them is percent-encoded.
std::string encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && c != '%') {
      out += c;
      continue;
    }
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 0xFU];
  }
  return out;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto high = i + 1 < text.size() ? text::hex_value(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? text::hex_value(text[i + 2]) : std::nullopt;
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high << 4U | *low);
    i += 2;
  }
  return out;
}

void add_line(std::string& text, std::string_view what,
              std::initializer_list<std::string_view> of) {
  text += what;
  for (const std::string_view word : of) text.append(" ").append(encoded(word));
  text += '\n';
}

/// The words behind the first; nothing if there are not `Count` of them, or one is badly encoded.
template <std::size_t Count>
std::optional<std::array<std::string, Count>> words_of(std::string_view rest) {
  std::array<std::string, Count> words;
  for (std::size_t i = 0; i < Count; ++i) {
    const bool is_last = i + 1 == Count;
    if (!is_last && rest.find(' ') == std::string_view::npos) return std::nullopt;
    auto word = decoded(is_last ? rest : text::take_until(rest, ' '));
    if (!word) return std::nullopt;
    words[i] = std::move(*word);
  }
  return words;
}

bool read_line(std::string_view line, Secrets& secrets) {
  const std::string_view what = text::take_until(line, ' ');
  if (what == "server" || what == "proxy") {
    auto words = words_of<2>(line);
    if (!words) return false;
    (what == "server" ? secrets.server : secrets.proxy) = Login{(*words)[0], (*words)[1]};
    return true;
  }
  if (what == "proxy-at") {
    auto words = words_of<3>(line);
    if (!words) return false;
    secrets.proxies.push_back({(*words)[0], {(*words)[1], (*words)[2]}});
    return true;
  }
  if (what == "header") {
    auto words = words_of<2>(line);
    if (!words || !is_token((*words)[0]) || !is_safe_field_value((*words)[1])) return false;
    secrets.headers.push_back({(*words)[0], (*words)[1]});
    return true;
  }
  return false;
}

}  // namespace

bool is_secret_header(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kSecret = {"Authorization", "Cookie",
                                                              "Proxy-Authorization"};
  return std::ranges::any_of(
      kSecret, [name](std::string_view secret) { return same_field_name(name, secret); });
}

std::optional<Login> login_for_proxy(const Secrets& secrets, std::string_view proxy) {
  for (const Secrets::ProxyLogin& one : secrets.proxies) {
    if (one.proxy == proxy) return one.login;
  }
  return secrets.proxy;
}

std::string format_secrets(const Secrets& secrets) {
  std::string text(kHeading);
  if (secrets.server) add_line(text, "server", {secrets.server->user, secrets.server->password});
  if (secrets.proxy) add_line(text, "proxy", {secrets.proxy->user, secrets.proxy->password});
  for (const Secrets::ProxyLogin& one : secrets.proxies) {
    add_line(text, "proxy-at", {one.proxy, one.login.user, one.login.password});
  }
  for (const HeaderField& field : secrets.headers) {
    add_line(text, "header", {field.name, field.value});
  }
  return text.append(kEnd);
}

Result<Secrets> parse_secrets(std::string_view text) {
  Secrets secrets;
  // Without its end it was cut short.
  bool good = text.starts_with(kHeading) && text.ends_with(kEnd) &&
              text.size() >= kHeading.size() + kEnd.size();
  if (good) {
    text.remove_prefix(kHeading.size());
    text.remove_suffix(kEnd.size());
  }
  while (good && !text.empty()) good = read_line(text::take_until(text, '\n'), secrets);
  if (!good) return invalid_argument("what is kept as the secrets of a transfer is none");
  return secrets;
}

}  // namespace lh
