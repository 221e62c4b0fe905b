#pragma once
#include "sim/items.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::sim {

/// A request that reads items.
struct Reading {
  enum class What : std::uint8_t { folder_list, one_folder, album_list };
  /// Of folders: which of the user's.
  enum class Whose : std::uint8_t { all, created, joined };

  What what = What::folder_list;
  std::string id;  ///< of the one folder
  std::uint64_t offset = 0;
  std::uint32_t limit = 0;
  Whose whose = Whose::all;
  std::string key_word;  ///< that names must contain; empty: any name
  int album_kind = 0;    ///< 1 personal, 2 shared
  int album_type = 0;    ///< 1 collection, 2 manual
  std::string group_id;  ///< that albums must have; empty: any group
};

/// The reading that a request line is about; nothing for any other path or method, or one that is not percent-encoded
/// UTF-8. An empty keyWord or groupId is as good as none. A parameter that breaks a rule is named in `wrong`, which is
/// otherwise left as it is.
std::optional<Reading> parse_reading(std::string_view method, std::string_view target, std::string& wrong);

}  // namespace koobatch::sim
