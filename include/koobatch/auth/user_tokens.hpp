#pragma once
#include "koobatch/auth/secret.hpp"
#include "koobatch/auth/token.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

namespace koobatch::auth {

/// The token of each user, as read from a file. Takes little more memory than the file, and is wiped at the end.
class UserTokens {
 public:
  struct Entry {
    std::string_view token;
    std::uint32_t line = 0;  ///< in the file
  };

  /// `room`: upper limit for the bytes of all users and tokens together.
  UserTokens(std::filesystem::path file, const FileStamp& stamp, std::size_t room);

  /// Null if it was added; otherwise the user's existing entry. Precondition: both texts fit into the remaining room.
  const Entry* add(std::string_view user, std::string_view token, std::uint32_t line);
  /// Null: the user has no token.
  const Entry* find(std::string_view user) const;

  std::size_t size() const { return entries_.size(); }
  const std::filesystem::path& file() const { return file_; }
  /// Of the file when it was read.
  const FileStamp& stamp() const { return stamp_; }

 private:
  std::string_view keep(std::string_view text);

  std::filesystem::path file_;
  FileStamp stamp_;
  Secret text_;  ///< never grows, so that views into it stay valid
  std::size_t used_ = 0;
  boost::unordered_flat_map<std::string_view, Entry> entries_;
};

}  // namespace koobatch::auth
