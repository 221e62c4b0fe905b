#pragma once
#include "koobatch/auth/authorization.hpp"
#include "koobatch/auth/user_tokens.hpp"
#include "koobatch/core/error.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// What the Authorization header holds where every user has a token of its own. From any thread.
class UserCredentials {
 public:
  using Tokens = std::shared_ptr<const UserTokens>;
  using Read = std::function<Result<Tokens>(const std::filesystem::path&)>;

  /// `form`: see render_header(). `read`: reads the file that `tokens` came from once more.
  UserCredentials(std::string form, Tokens tokens, Read read);

  /// What to send now for this user, who has a token.
  Header header(std::string_view user) const;
  /// The service refused `refused`. True if there is another header to try now for this user: the file was replaced.
  /// Who is not in the new file keeps the old token.
  bool renew(const Header& refused, std::string_view user);

  /// How often another file was taken into use.
  std::uint64_t rereads() const { return rereads_.load(std::memory_order_relaxed); }
  std::string_view secret_in(std::string_view header) const { return auth::secret_in(form_, header); }
  /// The form in which tokens are sent, for messages.
  const std::string& form() const { return form_; }
  std::string file() const { return first_->file().string(); }
  /// Where the user's token stands, for messages: "tokens.csv:17".
  std::string place_of(std::string_view user) const;

 private:
  const UserTokens::Entry& find(const UserTokens& latest, std::string_view user) const;
  Tokens latest() const;

  const std::string form_;
  const Tokens first_;
  const Read read_;
  std::mutex renewal_;  ///< guards `seen_`: one reads at a time, for all who were refused
  FileStamp seen_;      ///< of the file when it was last read, or could not be
  std::atomic<std::uint64_t> rereads_{0};
  mutable std::mutex mutex_;
  Tokens latest_;
};

}  // namespace koobatch::auth
