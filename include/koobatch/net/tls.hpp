#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/net/tls_settings.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace koobatch::net {

/// Creates a client context: TLS 1.2 and 1.3, with peer verification unless insecure. Each SSL made from it needs a
/// TlsPeer. An unusable file is a usage error.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const TlsSettings& settings);

}  // namespace koobatch::net
