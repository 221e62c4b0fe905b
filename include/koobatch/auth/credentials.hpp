#pragma once
#include "koobatch/auth/authorization.hpp"
#include "koobatch/auth/secret.hpp"
#include "koobatch/auth/token.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/core/mutex.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::auth {

/// The form shown in the service's own documentation; `{token}` stands for the token.
constexpr std::string_view default_authorization = "Bearer+{token}";

struct CredentialSettings {
  std::filesystem::path token_file;  ///< read at start, when it changes, and when the service refuses the token
  std::string token_env;             ///< name of an environment variable that holds the token
  std::string token_command;         ///< what to run to get a token, at start and when the service refuses it
  Duration token_command_timeout = std::chrono::seconds(30);
  std::filesystem::path refresh_token_file;  ///< holds what the service exchanges for new tokens; empty: no refresh
  std::filesystem::path tokens_file;         ///< a token for each user: see job::read_tokens_file(), UserCredentials
  /// The header's value with `{token}` in it. A token that carries its own scheme word ("AT 3b911d…") is sent
  /// unchanged.
  std::string authorization{default_authorization};

  /// Whether any of them says where the token comes from.
  bool any() const {
    return !token_file.empty() || !token_env.empty() || !token_command.empty() || !tokens_file.empty();
  }
  /// Whether another token can be obtained during the run.
  bool renewable() const { return !token_file.empty() || !token_command.empty() || !refresh_token_file.empty(); }
  /// Where the token comes from, for messages: "--token-file tokens/ops", "--token-env TOKEN", "--token-command" or
  /// "--simulate".
  std::string source() const;
};

/// The Authorization header of a run, shared by all threads. A header is handed out as an immutable value, so that a
/// renewal never changes it under a reader, and wiped when its last owner releases it.
class Credentials {
 public:
  using Header = auth::Header;
  using Secrets = std::shared_ptr<const std::vector<Secret>>;
  /// Called ten times a second while a command runs; returns whether to end it early. May be empty.
  using Stop = std::function<bool()>;

  /// Checks the settings, files and environment, but runs no command. Errors are usage errors that say how to fix them.
  static Result<void> check(const CredentialSettings& settings);
  /// Obtains the token. A missing, empty or unusable one is a usage error, too.
  static Result<std::unique_ptr<Credentials>> load(const CredentialSettings& settings, const Stop& stop = {});
  /// A made-up token, for the embedded simulator.
  static std::unique_ptr<Credentials> simulated();

  // From any thread:
  /// The header to send now; never null.
  Header header() const;
  /// Changes whenever headers or secrets change. Cheap enough to check before every request.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  /// The secret within a header's value, for callers that must mask it; empty if there is none. A view into `header`.
  std::string_view secret_in(std::string_view header) const;
  /// Tokens that were in use before, which must be masked, too.
  Secrets former_secrets() const;
  /// The form in which a header's token was sent, with {token} in its place, for messages.
  std::string form_of(std::string_view header) const;
  std::string source() const { return settings_.source(); }

  bool has_file() const { return !settings_.token_file.empty(); }
  /// Whether the token file has changed since it was last read. Stats the file, so not for every request.
  bool file_changed() const;

  // From the one thread that renews credentials; may block:
  /// Whether the source can be asked for another token.
  bool rereadable() const { return !settings_.token_file.empty() || !settings_.token_command.empty(); }
  /// Asks the source again. True: it gave another token than the present one, which is in use from now on.
  Result<bool> reread(const Stop& stop = {});
  /// Uses `token` from now on. Returns whether it differs from the previous one.
  bool adopt(const Secret& token);
  /// Masks a secret that is not a token in use.
  void hide(std::string_view secret);

 private:
  explicit Credentials(CredentialSettings settings) : settings_(std::move(settings)) {}
  Result<Secret> ask_source(const Stop& stop);
  void keep_hidden(std::string_view secret) REQUIRES(mutex_);

  const CredentialSettings settings_;
  mutable Mutex mutex_;
  FileStamp stamp_ GUARDED_BY(mutex_);  ///< of the token file as it was last read
  std::atomic<std::uint64_t> version_{0};
  Header header_ GUARDED_BY(mutex_);
  Secrets former_ GUARDED_BY(mutex_) = std::make_shared<const std::vector<Secret>>();
};

}  // namespace koobatch::auth
