#include "ipc/error_names.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/http/utf8.h"
#include "core/model/web_error.h"
#include "ipc/names.h"

namespace lh {
namespace {

constexpr std::array<std::pair<ErrorKind, std::string_view>, 16> kWords{{
    {ErrorKind::InvalidArgument, "InvalidArgument"},
    {ErrorKind::IllegalState, "IllegalState"},
    {ErrorKind::NotFound, "NotFound"},
    {ErrorKind::Quota, "Quota"},
    {ErrorKind::Http, "Http"},
    {ErrorKind::Network, "Network"},
    {ErrorKind::Tls, "Tls"},
    {ErrorKind::Protocol, "Protocol"},
    {ErrorKind::File, "File"},
    {ErrorKind::DiskFull, "DiskFull"},
    {ErrorKind::Checksum, "Checksum"},
    {ErrorKind::Canceled, "Canceled"},
    {ErrorKind::Store, "Store"},
    {ErrorKind::Bus, "Bus"},
    {ErrorKind::Config, "Config"},
    {ErrorKind::Unavailable, "Unavailable"},
}};

std::string_view word_of(ErrorKind kind) {
  for (const auto& [value, word] : kWords) {
    if (value == kind) return word;
  }
  return "Internal";
}

ErrorKind kind_of(std::string_view word) {
  for (const auto& [value, text] : kWords) {
    if (text == word) return value;
  }
  return ErrorKind::Internal;
}

std::string name_of(ErrorKind kind, HResult hresult) {
  std::array<char, 12> digits{};
  std::snprintf(digits.data(), digits.size(), ".H%08X", static_cast<std::uint32_t>(hresult));
  return std::string(bus::kErrorPrefix) + std::string(word_of(kind)) + digits.data();
}

/// The kind and the HRESULT of one of our own names.
std::optional<std::pair<ErrorKind, HResult>> parse_name(std::string_view name) {
  const std::string_view prefix = bus::kErrorPrefix;
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  const std::size_t dot = name.find(".H");
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view digits = name.substr(dot + 2);
  std::uint32_t bits = 0;
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  if (digits.size() != 8 || failure != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return std::pair{kind_of(name.substr(0, dot)), hr::from_bits(bits)};
}

std::optional<int> http_status_of(ErrorKind kind, HResult hresult) {
  const auto bits = static_cast<std::uint32_t>(hresult);
  if (kind != ErrorKind::Http || (bits & 0xFFFF0000U) != 0x80190000U) return std::nullopt;
  return static_cast<int>(bits & 0xFFFFU);
}

}  // namespace

sdbus::Error to_bus_error(const TransferError& error) {
  // Anything but UTF-8, as in the name of a folder, cannot be sent: nobody would hear of it.
  const bool is_utf8 = utf8::is_valid(error.message);
  return {name_of(error.kind, error.hresult),
          is_utf8 ? error.message : utf8::from_latin1(error.message)};
}

sdbus::Error to_bus_error(const Error& error) {
  return to_bus_error(to_transfer_error(error));
}

TransferError from_bus_error(const sdbus::Error& error) {
  TransferError result;
  result.message = error.getMessage();
  if (const auto known = parse_name(error.getName())) {
    result.kind = known->first;
    result.hresult = known->second;
    result.status = web_error_status_of(known->second);
    result.http_status = http_status_of(known->first, known->second);
    return result;
  }
  const std::string& name = error.getName();
  if (result.message.empty()) result.message = name;
  if (name == "org.freedesktop.DBus.Error.InvalidArgs" ||
      name == "org.freedesktop.DBus.Error.UnknownMethod" ||
      name == "org.freedesktop.DBus.Error.InvalidSignature") {
    result.kind = ErrorKind::Bus;
    result.hresult = hr::kInvalidArgument;
  } else if (name == "org.freedesktop.DBus.Error.AccessDenied") {
    result.kind = ErrorKind::Bus;
    result.hresult = hr::kAccessDenied;
  } else {
    result.kind = ErrorKind::Unavailable;
    result.hresult = hr::kServiceUnavailable;
  }
  return result;
}

bool was_not_delivered(const sdbus::Error& error) {
  const std::string& name = error.getName();
  return name == "org.freedesktop.DBus.Error.ServiceUnknown" ||
         name == "org.freedesktop.DBus.Error.NameHasNoOwner";
}

}  // namespace lh
