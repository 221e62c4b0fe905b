#pragma once
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// The service's own page writes the header so; `{token}` stands for the token.
constexpr std::string_view default_authorization = "Bearer+{token}";

struct CredentialSettings {
  std::filesystem::path token_file;  ///< read at start, and again when the service refuses the token
  std::string token_env;             ///< name of an environment variable that holds the token
  /// The header's value with `{token}` in it. A token that carries its scheme word ("AT 3b911d…") is sent as it is.
  std::string authorization{default_authorization};

  /// Does any of them say where the token comes from?
  bool any() const { return !token_file.empty() || !token_env.empty(); }
};

/// Where the Authorization header comes from. Threads share one; the header is handed out as an immutable value, so
/// that a renewal never pulls it away under a reader.
class Credentials {
 public:
  using Header = std::shared_ptr<const std::string>;

  /// Reads the token. A missing, empty or unusable one is a usage error that says how to mend it.
  static Result<std::unique_ptr<Credentials>> load(const CredentialSettings& settings);
  /// A made-up token, for the embedded simulator.
  static std::unique_ptr<Credentials> simulated();

  /// What to send now; never null. From any thread.
  Header header() const;
  /// The service refused `refused`. True if there is another header to try now: read anew, or renewed by somebody else
  /// in the meantime. From any thread; reads the source, so not for every request.
  bool renew(const Header& refused);
  /// The secret within a header's value, for whoever must not show it; empty if it is none. A view into `header`.
  std::string_view secret_in(std::string_view header) const;
  /// The form in which the token was sent, without the token, for messages.
  const std::string& form() const { return settings_.authorization; }
  /// Where the token comes from, for messages: "--token-file tokens/ops", "--token-env TOKEN" or "--simulate".
  std::string source() const;

 private:
  explicit Credentials(CredentialSettings settings) : settings_(std::move(settings)) {}

  CredentialSettings settings_;
  mutable std::mutex mutex_;
  Header header_;
};

}  // namespace koobatch::auth
