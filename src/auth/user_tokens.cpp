#include "koobatch/auth/user_tokens.hpp"

#include <stdexcept>
#include <utility>

namespace koobatch::auth {

UserTokens::UserTokens(std::filesystem::path file, const FileStamp& stamp, std::size_t room)
    : file_(std::move(file)), stamp_(stamp), text_(room) {}

const UserTokens::Entry* UserTokens::add(std::string_view user, std::string_view token, std::uint32_t line) {
  if (const Entry* known = find(user)) return known;
  const std::string_view kept_user = keep(user);
  entries_.emplace(kept_user, Entry{keep(token), line});
  return nullptr;
}

const UserTokens::Entry* UserTokens::find(std::string_view user) const {
  const auto found = entries_.find(user);
  return found == entries_.end() ? nullptr : &found->second;
}

std::string_view UserTokens::keep(std::string_view text) {
  if (text.size() > text_.view().size() - used_) throw std::length_error("UserTokens: more text than room");
  char* const place = text_.data() + used_;
  text.copy(place, text.size());
  used_ += text.size();
  return {place, text.size()};
}

}  // namespace koobatch::auth
