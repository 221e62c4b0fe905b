#pragma once
#include "koobatch/auth/secret.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// The app whose signature replaces a token.
struct AppSettings {
  std::string id;
  std::filesystem::path secret_file;

  bool any() const { return !id.empty() || !secret_file.empty(); }
};

/// An app and its secret. Immutable, so that threads can share it.
class AppKey {
 public:
  AppKey(std::string id, Secret secret) : id_(std::move(id)), secret_(std::move(secret)) {}
  /// Reads the secret. A missing, empty or unusable one is a usage error that says how to fix it. Null if the settings
  /// name no app.
  static Result<std::shared_ptr<const AppKey>> load(const AppSettings& settings);

  const std::string& id() const { return id_; }
  std::string_view secret() const { return secret_.view(); }

 private:
  std::string id_;
  Secret secret_;
};

/// Whether the header can carry this app ID, between "AppId=" and the comma after it.
bool is_app_id(std::string_view text);

}  // namespace koobatch::auth
