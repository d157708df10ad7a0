#include "files/stream_checksum.h"

#include <array>
#include <utility>

#include <openssl/evp.h>

namespace lh {

struct StreamChecksum::Context {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> evp{EVP_MD_CTX_new()};
};

namespace {

const EVP_MD* digest_named(std::string_view algorithm) {
  if (algorithm == "sha256") return EVP_sha256();
  if (algorithm == "sha512") return EVP_sha512();
  if (algorithm == "sha1") return EVP_sha1();
  if (algorithm == "md5") return EVP_md5();
  return nullptr;
}

Error digest_error() {
  return Error{.kind = ErrorKind::Internal,
               .code = 0,
               .operation = "compute the checksum",
               .subject = {},
               .detail = "the digest is not available in the cryptographic library"};
}

}  // namespace

StreamChecksum::StreamChecksum(std::unique_ptr<Context> context) : context_(std::move(context)) {}
StreamChecksum::StreamChecksum(StreamChecksum&&) noexcept = default;
StreamChecksum& StreamChecksum::operator=(StreamChecksum&&) noexcept = default;
StreamChecksum::~StreamChecksum() = default;

Result<StreamChecksum> StreamChecksum::create(std::string_view algorithm) {
  const EVP_MD* digest = digest_named(algorithm);
  if (digest == nullptr) {
    return invalid_argument("unknown checksum algorithm " + std::string(algorithm));
  }
  auto context = std::make_unique<Context>();
  if (!context->evp || EVP_DigestInit_ex(context->evp.get(), digest, nullptr) != 1) {
    return digest_error();
  }
  return StreamChecksum(std::move(context));
}

Result<void> StreamChecksum::add(std::span<const char> data) {
  if (EVP_DigestUpdate(context_->evp.get(), data.data(), data.size()) != 1) return digest_error();
  return {};
}

Result<std::string> StreamChecksum::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_DigestFinal_ex(context_->evp.get(), digest.data(), &length) != 1) return digest_error();
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : std::span(digest).first(length)) {
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

}  // namespace lh
