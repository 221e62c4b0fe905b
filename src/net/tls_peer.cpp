#include "koobatch/net/tls_peer.hpp"

#include "koobatch/core/spelling.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <boost/asio/ssl/error.hpp>

#include <ctime>
#include <string_view>

namespace koobatch::net {
namespace {

constexpr std::size_t longest_name = 200;

/// "CN=koo.example,O=Koo": in ASCII with control characters escaped, because the peer chose it.
std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  char* bytes = nullptr;
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return "unreadable subject";
  const long size = BIO_get_mem_data(out.get(), &bytes);
  if (size <= 0) return "no subject";
  const std::string_view text(bytes, static_cast<std::size_t>(size));
  return text.size() <= longest_name ? std::string(text) : fmt::format("{}...", text.substr(0, longest_name));
}

std::string text_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", parts);
}

std::string describe_demand(const std::string& url, const boost::system::error_code& error) {
  return fmt::format("{} demands a client certificate: give {} and {} ({})", url, spell(SettingName::cert),
                     spell(SettingName::key), error.message());
}

/// Explains `error` in `certificate`, and what to do about it.
std::string cause_of(int error, X509* certificate) {
  const char* const cause = X509_verify_cert_error_string(error);
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("{}, on {}; it has to be renewed there, unless this machine's clock is wrong", cause,
                         text_of(X509_get0_notAfter(certificate)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("{}, only from {} on; check this machine's clock", cause,
                         text_of(X509_get0_notBefore(certificate)));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("{}: it is for another host; check {}", cause, spell(SettingName::endpoint));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return fmt::format("{}; if it is to be trusted, name the file that holds it with {}", cause,
                         spell(SettingName::cacert));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fmt::format(
          "{}: its issuer ({}) is not trusted, and the server did not send a certificate chain to one that "
          "is; name the issuer's certificate with {}, or have the server send its whole chain",
          cause, text_of(X509_get_issuer_name(certificate)), spell(SettingName::cacert));
    default:
      return fmt::format("{}; the trusted certificates can be named with {}", cause, spell(SettingName::cacert));
  }
}

int reason_of(const boost::system::error_code& error) {
  if (error.category() != boost::asio::error::get_ssl_category()) return 0;
  return ERR_GET_REASON(static_cast<unsigned long>(error.value()));
}

/// Whether the two sides have no TLS version in common.
bool is_about_version(int reason) {
  return reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || reason == SSL_R_UNSUPPORTED_PROTOCOL;
}

/// Whether the alert means that a server refuses a client's certificate, or the lack of one.
bool is_about_client_certificate(int reason) {
  switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return true;
    default:
      return false;
  }
}

int peer_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

TlsPeer* TlsPeer::of(const SSL* ssl) {
  return static_cast<TlsPeer*>(SSL_get_ex_data(ssl, peer_index()));
}

void TlsPeer::watch(SSL_CTX* context, bool verify) {
  SSL_CTX_set_verify(context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, verify ? &TlsPeer::judge : nullptr);
  // All threads would share OpenSSL's own cache.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &TlsPeer::keep_session);
  SSL_CTX_set_client_cert_cb(context, &TlsPeer::certificate_wanted);
}

void TlsPeer::attach(SSL* ssl, const std::string& host) {
  subject_.clear();
  refusal_.clear();
  wanted_certificate_ = false;
  SSL_set_ex_data(ssl, peer_index(), this);
  // Asio makes OpenSSL free its buffers (34 KiB) after every record. These connections are never idle for long, and
  // allocating them each time would cost an exchange two thousand instructions.
  SSL_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  // An address is compared with the addresses in the certificate, and is not sent.
  SSL_set1_host(ssl, host.c_str());
  if (X509_VERIFY_PARAM_get0_host(SSL_get0_param(ssl), 0) != nullptr) SSL_set_tlsext_host_name(ssl, host.c_str());
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (!past_.session) return;
  // A copy, because OpenSSL discards a TLS 1.3 session once it has been resumed. That prevents eavesdroppers from
  // linking connections, which is pointless here as they all come from one address; and several may be opened before a
  // new session arrives.
  const TlsSession copy(SSL_SESSION_dup(past_.session.get()));
  if (copy) SSL_set_session(ssl, copy.get());
}

int TlsPeer::judge(int preverified, X509_STORE_CTX* chain) {
  if (preverified == 1) return 1;
  const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsPeer& peer = *of(ssl);
  X509* const current = X509_STORE_CTX_get_current_cert(chain);
  X509* const own = X509_STORE_CTX_get0_cert(chain);
  peer.subject_ = text_of(X509_get_subject_name(own));
  if (current != nullptr && current != own) {
    peer.refusal_ = fmt::format("the certificate above it, {}: ", text_of(X509_get_subject_name(current)));
  }
  peer.refusal_ += cause_of(X509_STORE_CTX_get_error(chain), current != nullptr ? current : own);
  return 0;
}

/// Called while answers are read, because TLS 1.3 tickets arrive with them. Returns 1: we take ownership of the
/// session.
int TlsPeer::keep_session(SSL* ssl, SSL_SESSION* session) {
  of(ssl)->past_.session.reset(session);
  return 1;
}

/// Called only if no certificate is configured. Returns 0: continue without one.
int TlsPeer::certificate_wanted(SSL* ssl, X509**, EVP_PKEY**) {
  of(ssl)->wanted_certificate_ = true;
  return 0;
}

TlsPeer::Failure TlsPeer::explain(const boost::system::error_code& error, const std::string& url) {
  // Whatever went wrong, the next handshake must be a full one.
  past_.session.reset();
  if (!refusal_.empty()) {
    return {fmt::format("the certificate of {} ({}) was refused: {}", url, subject_, refusal_), true};
  }
  if (auto message = client_refusal(error, url); !message.empty()) return {std::move(message), true};
  // After one success, a single bad connection is not taken as final: the first messages of a handshake are not
  // authenticated.
  const bool final = !past_.completed;
  if (is_about_version(reason_of(error))) {
    return {fmt::format("TLS with {} failed: the server offers no TLS 1.2 or later, and anything older is unsafe ({})",
                        url, error.message()),
            final};
  }
  if (wanted_certificate_ && reason_of(error) == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE) {
    return {describe_demand(url, error), final};
  }
  // The peer's first message is not TLS. Not final: a proxy's error page looks like that, too.
  const bool no_tls = reason_of(error) == SSL_R_WRONG_VERSION_NUMBER;
  return {fmt::format("TLS with {} failed: {}{}", url, error.message(), no_tls ? "; does it speak plain HTTP?" : ""),
          false};
}

std::string TlsPeer::client_refusal(const boost::system::error_code& error, const std::string& url) const {
  if (!is_about_client_certificate(reason_of(error))) return {};
  if (wanted_certificate_) {
    return describe_demand(url, error);
  }
  return fmt::format("{} refused the client certificate: {}; check {} and {}", url, error.message(),
                     spell(SettingName::cert), spell(SettingName::key));
}

}  // namespace koobatch::net
