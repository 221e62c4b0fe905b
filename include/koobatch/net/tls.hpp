#pragma once
#include "koobatch/core/error.hpp"

#include <boost/asio/ssl/context.hpp>

#include <filesystem>
#include <memory>

namespace koobatch::net {

struct TlsSettings {
  std::filesystem::path cacert;  ///< PEM bundle to trust instead of the system's; empty: the system's
  std::filesystem::path cert;    ///< PEM client certificate chain; empty: none
  std::filesystem::path key;     ///< PEM key of `cert`; empty: in the same file
  bool insecure = false;         ///< accept any certificate
};

/// Creates a client context: TLS 1.2 and 1.3, with peer verification unless insecure. Each SSL made from it needs a
/// TlsPeer. An unusable file is a usage error.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const TlsSettings& settings);

}  // namespace koobatch::net
