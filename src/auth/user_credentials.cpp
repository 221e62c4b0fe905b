#include "koobatch/auth/user_credentials.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <stdexcept>
#include <utility>

namespace koobatch::auth {

UserCredentials::UserCredentials(std::string form, Tokens tokens, Read read)
    : form_(std::move(form)), first_(tokens), read_(std::move(read)), seen_(tokens->stamp()), latest_(tokens) {}

UserCredentials::Tokens UserCredentials::latest() const {
  const MutexLock guard(mutex_);
  return latest_;
}

const UserTokens::Entry& UserCredentials::find(const UserTokens& latest, std::string_view user) const {
  const auto* entry = latest.find(user);
  if (entry == nullptr) entry = first_->find(user);
  if (entry == nullptr) throw std::logic_error("a user without a token has got past validation");
  return *entry;
}

Header UserCredentials::header(std::string_view user) const {
  const Tokens tokens = latest();
  return render_header(form_, find(*tokens, user).token);
}

std::string UserCredentials::place_of(std::string_view user) const {
  const Tokens tokens = latest();
  return fmt::format("{}:{}", file(), find(*tokens, user).line);
}

bool UserCredentials::renew(const Header& refused, std::string_view user) {
  const MutexLock guard(renewal_);
  if (*header(user) != *refused) return true;
  const auto stamp = FileStamp::of(first_->file());
  if (stamp == seen_) return false;
  seen_ = stamp;
  auto read = read_(first_->file());
  if (!read) {
    spdlog::warn("{}; the tokens read before remain in use", read.error().message);
    return false;
  }
  {
    const MutexLock exchange(mutex_);
    latest_ = std::move(*read);
    rereads_.fetch_add(1, std::memory_order_relaxed);
  }
  return *header(user) != *refused;
}

}  // namespace koobatch::auth
