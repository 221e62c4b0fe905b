#pragma once
#include "koobatch/auth/secret.hpp"
#include "koobatch/auth/token.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

namespace koobatch::auth {

/// Which token each user has, as a file told it. Little more than the file's size in memory, which is wiped at the end.
class UserTokens {
 public:
  struct Entry {
    std::string_view token;
    std::uint32_t line = 0;  ///< of the file
  };

  /// `room`: bytes that all users and tokens take together, at most.
  UserTokens(std::filesystem::path file, const FileStamp& stamp, std::size_t room);

  /// Null if it was added; otherwise what the user has already. Both are within the room.
  const Entry* add(std::string_view user, std::string_view token, std::uint32_t line);
  /// Null: the user has none.
  const Entry* find(std::string_view user) const;

  std::size_t size() const { return entries_.size(); }
  const std::filesystem::path& file() const { return file_; }
  /// Of the file as it was read.
  const FileStamp& stamp() const { return stamp_; }

 private:
  std::string_view keep(std::string_view text);

  std::filesystem::path file_;
  FileStamp stamp_;
  Secret text_;  ///< never grows, so that the views into it stay good
  std::size_t used_ = 0;
  boost::unordered_flat_map<std::string_view, Entry> entries_;
};

}  // namespace koobatch::auth
