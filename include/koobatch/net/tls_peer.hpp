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

/// What TLS connections to one service leave to later ones. Of one thread: OpenSSL changes a session in use.
struct TlsPast {
  TlsSession session;      ///< the last one the service gave out; null: none. Going on with it saves the certificates
  bool completed = false;  ///< a handshake has succeeded
};

/// The other side of a TLS connection: what it is asked to prove, and what it said when it did not come to terms with
/// us. Must outlive the SSL it is attached to.
class TlsPeer {
 public:
  /// Why a connection came to nothing.
  struct Failure {
    std::string message;
    bool final;  ///< trying again cannot help
  };

  explicit TlsPeer(TlsPast& past) : past_(past) {}

  /// Makes the context tell the peers attached to its SSLs what happens in their handshakes.
  static void watch(SSL_CTX* context, bool verify);
  /// Before the handshake: asks for `host`, whose certificate must name it, and offers the last session.
  void attach(SSL* ssl, const std::string& host);
  /// The handshake succeeded.
  void completed() { past_.completed = true; }
  /// It did not. `url`: the service, for the message.
  Failure explain(const boost::system::error_code& error, const std::string& url);
  /// The first exchange failed instead: in TLS 1.3 a server judges the client's certificate after the client's last
  /// step. Nothing was read by the service then. The message is empty if that is not what happened.
  std::string client_refusal(const boost::system::error_code& error, const std::string& url) const;
  /// The server asked for a client certificate, and we have none.
  bool wanted_certificate() const { return wanted_certificate_; }
  /// The connection is closed without the farewell that OpenSSL expects of those who want to go on with its session. It
  /// may be: every answer says itself where it ends.
  static void close(SSL* ssl) { SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }

 private:
  static TlsPeer* of(const SSL* ssl);
  static int judge(int preverified, X509_STORE_CTX* chain);
  static int keep_session(SSL* ssl, SSL_SESSION* session);
  static int certificate_wanted(SSL* ssl, X509** certificate, EVP_PKEY** key);

  TlsPast& past_;
  std::string subject_;  ///< whose certificate was refused
  std::string refusal_;  ///< and why, with what to do about it; empty: it was not
  bool wanted_certificate_ = false;
};

}  // namespace koobatch::net
