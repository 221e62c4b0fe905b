#pragma once
#include "koobatch/core/next_step.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::report {

/// What a journal remembers of its file when it last found it intact, to recognise it.
struct FileMemory {
  static constexpr std::size_t most_tail =
      32;  ///< more than half of them are a line's checksum: no other line ends like that

  std::uint64_t bytes = 0;  ///< its size
  std::string head;         ///< its beginning
  std::string tail;         ///< its end, at most `most_tail` bytes
};

/// What happened to a report that is no longer where, or as, its run left it.
struct Loss {
  /// What the report's name refers to.
  enum class Name {
    report,       ///< the report
    nothing,      ///< nothing has this name
    no_folder,    ///< its folder does not exist either
    other,        ///< another file
    link,         ///< a symbolic link to something else, or to nothing
    unreachable,  ///< unknown
  };
  /// The content of the report's own file.
  enum class Content {
    whole,        ///< exactly what was recorded
    emptied,      ///< nothing
    cut,          ///< only its beginning
    grown,        ///< everything that was recorded, followed by other bytes
    overwritten,  ///< something else
  };

  Name name = Name::report;
  int code = 0;          ///< Name::unreachable: the error number
  std::string target;    ///< Name::link: the link's target
  bool exists = true;    ///< the report's own file has a name, here or elsewhere
  std::string moved_to;  ///< that name, if it is a different one and can be found
  std::uint64_t inode = 0;
  Content content = Content::whole;
  std::uint64_t bytes_recorded = 0;
  std::uint64_t bytes_found = 0;
};

/// Examines the open file and what its name refers to. `path` is absolute; `written` holds the bytes appended since
/// `memory`. Nothing if all is well. Several system calls and small reads: for use once something is known to be wrong.
std::optional<Loss> find_loss(int fd, const std::filesystem::path& path, const FileMemory& memory,
                              std::uint64_t written);

/// One sentence for the operator: what happened, where the results are, what to do. `name` is the report's path as
/// given.
std::string describe(const Loss& loss, const std::string& name);

/// The command that describe() advises, once the report is in its place again: to resume it, where it is now.
NextStep next_step(const Loss& loss, const std::string& name);

/// `count` bytes of a file from `offset`, or as many as exist; none if they cannot be read.
std::string read_bytes(const std::filesystem::path& path, std::uint64_t offset, std::size_t count);

}  // namespace koobatch::report
