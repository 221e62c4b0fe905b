#pragma once
#include "koobatch/auth/authorization.hpp"
#include "koobatch/auth/secret.hpp"
#include "koobatch/auth/token.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::auth {

/// The service's own page writes the header so; `{token}` stands for the token.
constexpr std::string_view default_authorization = "Bearer+{token}";

struct CredentialSettings {
  std::filesystem::path token_file;  ///< read at start, when it changes, and when the service refuses the token
  std::string token_env;             ///< name of an environment variable that holds the token
  std::string token_command;         ///< what to run to get a token, at start and when the service refuses it
  Duration token_command_timeout = std::chrono::seconds(30);
  std::filesystem::path refresh_token_file;  ///< what the service gives new tokens for; empty: it is not asked for any
  std::filesystem::path tokens_file;         ///< a token for each user: see job::read_tokens_file(), UserCredentials
  /// The header's value with `{token}` in it. A token that carries its scheme word ("AT 3b911d…") is sent as it is.
  std::string authorization{default_authorization};

  /// Does any of them say where the token comes from?
  bool any() const {
    return !token_file.empty() || !token_env.empty() || !token_command.empty() || !tokens_file.empty();
  }
  /// May another token be had while the run goes on?
  bool renewable() const { return !token_file.empty() || !token_command.empty() || !refresh_token_file.empty(); }
  /// That place, for messages: "--token-file tokens/ops", "--token-env TOKEN", "--token-command" or "--simulate".
  std::string source() const;
};

/// What the Authorization header holds, for all threads. A header is handed out as an immutable value, so that a
/// renewal never pulls it away under a reader, and wiped when nobody has it any more.
class Credentials {
 public:
  using Header = auth::Header;
  using Secrets = std::shared_ptr<const std::vector<Secret>>;
  /// Asked ten times a second while a command runs: true ends it early. May be empty.
  using Stop = std::function<bool()>;

  /// Finds what is wrong with the settings, a file or the environment, but runs no command. Errors are usage errors
  /// that say how to mend it.
  static Result<void> check(const CredentialSettings& settings);
  /// Gets the token. A missing, empty or unusable one is a usage error, too.
  static Result<std::unique_ptr<Credentials>> load(const CredentialSettings& settings, const Stop& stop = {});
  /// A made-up token, for the embedded simulator.
  static std::unique_ptr<Credentials> simulated();

  // From any thread:
  /// What to send now; never null.
  Header header() const;
  /// Another number once headers or secrets have changed: cheap enough to be asked before every request.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  /// The secret within a header's value, for whoever must not show it; empty if it is none. A view into `header`.
  std::string_view secret_in(std::string_view header) const;
  /// What else must not be shown: tokens that were in use before.
  Secrets former_secrets() const;
  /// The form in which a header's token was sent, with {token} in its place, for messages.
  std::string form_of(std::string_view header) const;
  std::string source() const { return settings_.source(); }

  bool has_file() const { return !settings_.token_file.empty(); }
  /// Was the token file changed since it was last read? Looks at the file, so not for every request.
  bool file_changed() const;

  // From one thread, which has nothing else to do:
  /// Can the source be asked for another token?
  bool rereadable() const { return !settings_.token_file.empty() || !settings_.token_command.empty(); }
  /// Asks the source once more. True: it gave another token than the present one, which is in use from now on.
  Result<bool> reread(const Stop& stop = {});
  /// Uses `token` from now on. True if it is another one than before.
  bool adopt(const Secret& token);
  /// Has something hidden that is not a token in use.
  void hide(std::string_view secret);

 private:
  explicit Credentials(CredentialSettings settings) : settings_(std::move(settings)) {}
  Result<Secret> ask_source(const Stop& stop);
  void keep_hidden(std::string_view secret);

  const CredentialSettings settings_;
  mutable std::mutex mutex_;
  FileStamp stamp_;  ///< of the token file as it was last read
  std::atomic<std::uint64_t> version_{0};
  Header header_;
  Secrets former_ = std::make_shared<const std::vector<Secret>>();
};

}  // namespace koobatch::auth
