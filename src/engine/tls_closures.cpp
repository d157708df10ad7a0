#include "engine/tls_closures.h"

#include <openssl/ssl.h>

namespace lh {

namespace {

/// Where a context refers to its TlsClosures.
int context_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

bool TlsClosures::watch(CURL* easy) {
  void* self = this;
  return curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &TlsClosures::on_context) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, self) == CURLE_OK;
}

TlsClosures::Connection TlsClosures::connection_of(CURL* easy) {
  curl_tlssessioninfo* session = nullptr;
  curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session);
  const bool is_openssl = session != nullptr && session->backend == CURLSSLBACKEND_OPENSSL;
  return is_openssl ? session->internals : nullptr;
}

bool TlsClosures::has_rest(Connection connection) {
  return connection != nullptr && SSL_pending(static_cast<const SSL*>(connection)) > 0;
}

CURLcode TlsClosures::on_context(CURL* /*easy*/, void* context, void* self) {
  auto* const tls = static_cast<SSL_CTX*>(context);
  if (SSL_CTX_set_ex_data(tls, context_index(), self) != 1) return CURLE_OUT_OF_MEMORY;
  SSL_CTX_set_info_callback(tls, [](const SSL* ssl, int where, int alert) {
    const bool says_end =
        (where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (alert & 0xFF) == SSL_AD_CLOSE_NOTIFY;
    if (!says_end) return;
    auto* closures =
        static_cast<TlsClosures*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index()));
    closures->ended_.insert(ssl);
  });
  return CURLE_OK;
}

}  // namespace lh
