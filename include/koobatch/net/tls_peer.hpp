#pragma once
#include <openssl/ssl.h>
#include <boost/system/error_code.hpp>

#include <memory>
#include <string>

namespace koobatch::net {

struct FreeTlsSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using TlsSession = std::unique_ptr<SSL_SESSION, FreeTlsSession>;

/// State that TLS connections to one service pass on to later ones. For one thread: OpenSSL modifies a session in use.
struct TlsPast {
  TlsSession session;      ///< the last one received; null: none. Resuming it saves sending the certificates
  bool completed = false;  ///< a handshake has succeeded
};

/// The peer of a TLS connection: what it must prove, and why its handshake failed. Must outlive the SSL it is attached
/// to.
class TlsPeer {
 public:
  /// Why a connection failed.
  struct Failure {
    std::string message;
    bool final;  ///< trying again cannot help
  };

  explicit TlsPeer(TlsPast& past) : past_(past) {}

  /// Makes the context report the handshakes of its SSLs to the peers attached to them.
  static void watch(SSL_CTX* context, bool verify);
  /// Before the handshake: requests `host`, which the certificate must name, and offers the last session.
  void attach(SSL* ssl, const std::string& host);
  /// Reports that the handshake succeeded.
  void completed() { past_.completed = true; }
  /// Explains why the handshake failed. `url`: the service, for the message.
  Failure explain(const boost::system::error_code& error, const std::string& url);
  /// Explains a failed first exchange: in TLS 1.3 a server judges the client's certificate only after the client's last
  /// handshake message. The service has read nothing then. Empty if that is not what happened.
  std::string client_refusal(const boost::system::error_code& error, const std::string& url) const;
  /// Whether the server requested a client certificate and none was configured.
  bool wanted_certificate() const { return wanted_certificate_; }
  /// Closes the connection without sending close_notify, while keeping its session resumable. Truncation cannot go
  /// unnoticed: every answer declares where it ends.
  static void close(SSL* ssl) { SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }

 private:
  static TlsPeer* of(const SSL* ssl);
  static int judge(int preverified, X509_STORE_CTX* chain);
  static int keep_session(SSL* ssl, SSL_SESSION* session);
  static int certificate_wanted(SSL* ssl, X509** certificate, EVP_PKEY** key);

  TlsPast& past_;
  std::string subject_;  ///< of the refused certificate
  std::string refusal_;  ///< why, and what to do about it; empty: not refused
  bool wanted_certificate_ = false;
};

}  // namespace koobatch::net
