#include "koobatch/net/tls.hpp"

#include "koobatch/net/tls_peer.hpp"

#include <fmt/format.h>

namespace koobatch::net {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Error unusable(const char* flag, const std::filesystem::path& path, const error_code& error) {
  return usage_error(fmt::format("{} {}: {}; a PEM file is needed", flag, path.string(), error.message()));
}

Result<void> load_client_certificate(ssl::context& context, const TlsSettings& settings) {
  if (settings.cert.empty()) return {};
  error_code error;
  context.use_certificate_chain_file(settings.cert.string(), error);
  if (error) return unusable("--cert", settings.cert, error);
  const auto& key = settings.key.empty() ? settings.cert : settings.key;
  context.use_private_key_file(key.string(), ssl::context::pem, error);
  if (error) return unusable("--key", key, error);
  return {};
}

}  // namespace

Result<std::unique_ptr<ssl::context>> make_tls_context(const TlsSettings& settings) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
  error_code error;
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  TlsPeer::watch(context->native_handle(), !settings.insecure);
  if (settings.cacert.empty()) {
    context->set_default_verify_paths(error);
    if (error) return usage_error(fmt::format("the system's certificates cannot be read: {}", error.message()));
  } else {
    context->load_verify_file(settings.cacert.string(), error);
    if (error) return unusable("--cacert", settings.cacert, error);
  }
  if (auto loaded = load_client_certificate(*context, settings); !loaded) return loaded.error();
  return context;
}

}  // namespace koobatch::net
