#pragma once
#include "koobatch/auth/authorization.hpp"
#include "koobatch/auth/user_tokens.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/core/mutex.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// The Authorization headers of a run in which every user has a token. Safe to use from any thread.
class UserCredentials {
 public:
  using Tokens = std::shared_ptr<const UserTokens>;
  using Read = std::function<Result<Tokens>(const std::filesystem::path&)>;

  /// `form`: see render_header(). `read`: rereads the file that `tokens` came from.
  UserCredentials(std::string form, Tokens tokens, Read read);

  /// The header to send now for this user. Precondition: the user has a token.
  Header header(std::string_view user) const;
  /// Reports that the service refused `refused`. Returns whether there is another header to try for this user, because
  /// the file was replaced. A user who is missing from the new file keeps the old token.
  bool renew(const Header& refused, std::string_view user);

  /// How often a replaced file was read.
  std::uint64_t rereads() const { return rereads_.load(std::memory_order_relaxed); }
  std::string_view secret_in(std::string_view header) const { return auth::secret_in(form_, header); }
  /// The form in which tokens are sent, for messages.
  const std::string& form() const { return form_; }
  std::string file() const { return first_->file().string(); }
  /// Where the user's token is, for messages: "tokens.csv:17".
  std::string place_of(std::string_view user) const;

 private:
  const UserTokens::Entry& find(const UserTokens& latest, std::string_view user) const;
  Tokens latest() const;

  const std::string form_;
  const Tokens first_;
  const Read read_;
  Mutex renewal_;                        ///< one reader at a time, for all refused users
  FileStamp seen_ GUARDED_BY(renewal_);  ///< of the file when it was last read, or could not be
  std::atomic<std::uint64_t> rereads_{0};
  mutable Mutex mutex_;
  Tokens latest_ GUARDED_BY(mutex_);
};

}  // namespace koobatch::auth
