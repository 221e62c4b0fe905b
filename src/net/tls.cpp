#include "koobatch/net/tls.hpp"

#include "koobatch/core/spelling.hpp"
#include "koobatch/net/tls_peer.hpp"

#include <fmt/format.h>

namespace koobatch::net {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Error unusable(SettingName setting, const std::filesystem::path& path, const error_code& error) {
  return usage_error(fmt::format("{}: {}; a PEM file is needed", spell(setting, path.string()), error.message()));
}

/// While it lives, files that need a passphrase cannot be read. OpenSSL would ask for it on the terminal or, without
/// one, read it from standard input, where the job may be.
class NoPassphrase {
 public:
  explicit NoPassphrase(SSL_CTX* context) : context_(context) {
    SSL_CTX_set_default_passwd_cb(context, &NoPassphrase::refuse);
    SSL_CTX_set_default_passwd_cb_userdata(context, this);
  }
  // Asio would treat a leftover value as its own.
  ~NoPassphrase() { SSL_CTX_set_default_passwd_cb_userdata(context_, nullptr); }
  NoPassphrase(const NoPassphrase&) = delete;
  NoPassphrase& operator=(const NoPassphrase&) = delete;

  bool asked() const { return asked_; }

 private:
  static int refuse(char*, int, int, void* self) {
    static_cast<NoPassphrase*>(self)->asked_ = true;
    return -1;
  }

  SSL_CTX* context_;
  bool asked_ = false;
};

Result<void> load_client_certificate(ssl::context& context, const TlsSettings& settings) {
  if (settings.cert.empty()) return {};
  NoPassphrase passphrase(context.native_handle());
  error_code error;
  context.use_certificate_chain_file(settings.cert.string(), error);
  if (error) return unusable(SettingName::cert, settings.cert, error);
  const auto& key = settings.key.empty() ? settings.cert : settings.key;
  context.use_private_key_file(key.string(), ssl::context::pem, error);
  if (error && passphrase.asked()) {
    return usage_error(
        fmt::format("{}: protected by a passphrase, which a batch cannot be asked for; store it without one, readable "
                    "by its owner only: openssl pkey -in {} -out FILE",
                    spell(SettingName::key, key.string()), key.string()));
  }
  if (error) return unusable(SettingName::key, key, error);
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
    if (error) return unusable(SettingName::cacert, settings.cacert, error);
  }
  if (auto loaded = load_client_certificate(*context, settings); !loaded) return loaded.error();
  return context;
}

}  // namespace koobatch::net
