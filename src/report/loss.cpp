#include "report/loss.hpp"

#include "koobatch/core/descriptor.hpp"
#include "koobatch/core/shell_argument.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/report/journal_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <system_error>

namespace koobatch::report {
namespace {

namespace fs = std::filesystem;
using Name = Loss::Name;
using Content = Loss::Content;

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// The target of a symbolic link; empty if it is not a link.
std::string target_of(const char* link) {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = ::readlink(link, target.data(), target.size());
  target.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return target;
}

/// The open file's present name, if the kernel knows it and this process can reach it.
std::string name_of(int fd, const struct stat& open) {
  const std::string name = target_of(fmt::format("/proc/self/fd/{}", fd).c_str());
  struct stat found{};
  return !name.empty() && ::stat(name.c_str(), &found) == 0 && is_same_file(open, found) ? name : std::string();
}

void look_at_name(const fs::path& path, const struct stat& open, Loss& loss) {
  struct stat named{};
  if (::stat(path.c_str(), &named) == 0 && is_same_file(open, named)) return;
  if (::lstat(path.c_str(), &named) == 0) {
    loss.name = S_ISLNK(named.st_mode) ? Name::link : Name::other;
    if (loss.name == Name::link) loss.target = target_of(path.c_str());
    return;
  }
  loss.code = errno;
  if (loss.code != ENOENT && loss.code != ENOTDIR) {
    loss.name = Name::unreachable;
    return;
  }
  const bool has_folder = ::stat(path.parent_path().c_str(), &named) == 0 && S_ISDIR(named.st_mode);
  loss.name = has_folder ? Name::nothing : Name::no_folder;
}

/// Precondition: `path` leads to the report's own file.
Content look_at_content(const fs::path& path, const FileMemory& memory, std::uint64_t expected, std::uint64_t found) {
  if (found == expected) return Content::whole;
  if (found == 0) return Content::emptied;
  if (memory.head.empty() || read_bytes(path, 0, memory.head.size()) != memory.head) return Content::overwritten;
  if (found < expected) return Content::cut;
  const std::size_t tail = memory.tail.size();
  return read_bytes(path, memory.bytes - tail, tail) == memory.tail ? Content::grown : Content::overwritten;
}

std::string bytes_text(std::uint64_t bytes) {
  return fmt::format("{} byte{}", format_count(bytes), bytes == 1 ? "" : "s");
}

constexpr std::string_view start_anew = "start a new run, which sends every operation again";
constexpr std::string_view sends_again = "which sends again what has no result in it";

/// For a report that is still under its name, but whose content is not as it was left.
std::string describe_content(const Loss& loss, const std::string& name) {
  const std::string resume = resume_command(name);
  switch (loss.content) {
    case Content::emptied:
      return fmt::format(
          "the report was emptied while the run wrote it, as log rotation with copytruncate does; the {} recorded are "
          "no longer in it, and nothing more is sent; if there is a copy of them, put it in the report's place and "
          "run '{}', {}; otherwise remove what is left and {}",
          bytes_text(loss.bytes_recorded), resume, sends_again, start_anew);
    case Content::overwritten:
      return fmt::format(
          "the report was cut off or overwritten while the run wrote it; the {} recorded are no longer in it, and "
          "nothing more is sent; if there is a copy of them, put it in the report's place and run '{}', {}; otherwise "
          "move away what is there and {}",
          bytes_text(loss.bytes_recorded), resume, sends_again, start_anew);
    case Content::cut:
      return fmt::format(
          "the report was cut from {} to {} while the run wrote it; the results beyond are no longer in it, and "
          "nothing more is sent; if there is a copy of the whole, put it in the report's place; then run '{}', {}",
          bytes_text(loss.bytes_recorded), bytes_text(loss.bytes_found), resume, sends_again);
    case Content::grown:
      return fmt::format(
          "something else wrote to the end of the report; its first {} are what was recorded, and nothing more is "
          "sent; stop what writes there, cut off the rest with 'truncate -s {} {}', and run '{}'",
          bytes_text(loss.bytes_recorded), loss.bytes_recorded, shell_argument(name), resume);
    case Content::whole:
      break;
  }
  return {};
}

/// For a name that refers to nothing.
std::string describe_absence(const Loss& loss) {
  const bool has_folder = loss.name == Name::nothing;
  if (!loss.exists) {
    return has_folder ? "the report was removed while the run wrote it"
                      : "the report was removed while the run wrote it, and its folder with it";
  }
  if (loss.moved_to.empty()) return "the report disappeared from its place while the run wrote it";
  return has_folder ? "the report was moved while the run wrote it"
                    : "the report's folder was moved while the run wrote it";
}

std::string describe_name(const Loss& loss) {
  switch (loss.name) {
    case Name::nothing:
    case Name::no_folder:
      return describe_absence(loss);
    case Name::other:
      return "another file took the report's place while the run wrote it";
    case Name::link:
      return fmt::format("a symbolic link to {} took the report's place while the run wrote it", loss.target);
    case Name::unreachable:
      return fmt::format("the report can no longer be looked up: {}", std::generic_category().message(loss.code));
    case Name::report:
      break;
  }
  return {};
}

/// What to do when the report no longer exists.
std::string advice_on_removed(const Loss& loss, const std::string& name) {
  const std::string resume = resume_command(name);
  if (loss.name == Name::other || loss.name == Name::link) {
    return fmt::format(
        "if what has the name now is a copy of the report, or there is another one to be put there, run '{}', {}; "
        "otherwise {}",
        resume, sends_again, start_anew);
  }
  return fmt::format("if there is a copy of it, put it in its place and run '{}', {}; otherwise {}", resume,
                     sends_again, start_anew);
}

std::string holds(const Loss& loss) {
  if (loss.content == Content::whole) return "holds what was recorded";
  return fmt::format("has {} where {} were recorded, so that it may not hold all of them", bytes_text(loss.bytes_found),
                     bytes_text(loss.bytes_recorded));
}

}  // namespace

std::string read_bytes(const fs::path& path, std::uint64_t offset, std::size_t count) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::string bytes(count, '\0');
  const ssize_t got = file ? ::pread(file.get(), bytes.data(), count, static_cast<off_t>(offset)) : 0;
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

std::optional<Loss> find_loss(int fd, const fs::path& path, const FileMemory& memory, std::uint64_t written) {
  Loss loss;
  struct stat open{};
  if (::fstat(fd, &open) != 0) {
    loss.name = Name::unreachable;
    loss.code = errno;
    return loss;
  }
  const std::uint64_t expected = memory.bytes + written;
  loss.inode = open.st_ino;
  loss.bytes_recorded = memory.bytes;
  loss.bytes_found = static_cast<std::uint64_t>(open.st_size);
  look_at_name(path, open, loss);
  if (loss.name == Name::report) {
    loss.content = look_at_content(path, memory, expected, loss.bytes_found);
    return loss.content == Content::whole ? std::nullopt : std::optional(loss);
  }
  loss.exists = open.st_nlink != 0;
  if (loss.exists) loss.moved_to = name_of(fd, open);
  if (loss.bytes_found != expected) loss.content = Content::overwritten;
  return loss;
}

std::string describe(const Loss& loss, const std::string& name) {
  if (loss.name == Name::report) return fmt::format("{}: {}", name, describe_content(loss, name));
  std::string text = fmt::format("{}: {}; ", name, describe_name(loss));
  if (loss.name == Name::unreachable) {
    return text + fmt::format("it {}, and nothing more is sent; make it accessible again and run '{}'", holds(loss),
                              resume_command(name));
  }
  if (!loss.exists) {
    return text + fmt::format("what was recorded is gone with it, and nothing more is sent; {}",
                              advice_on_removed(loss, name));
  }
  if (!loss.moved_to.empty()) {
    return text + fmt::format("the report itself is {} now and {}, and nothing more is sent; run '{}'", loss.moved_to,
                              holds(loss), spell(next_step(loss, name)));
  }
  return text + fmt::format(
                    "its file still exists, though not where this run can find it (it has another hard link, or its "
                    "file system was unmounted or covered by another), and {}; nothing more is sent; look for inode {} "
                    "('find FOLDER -inum {}') or mount its file system again, and run '{}' when it is in its place",
                    holds(loss), loss.inode, loss.inode, resume_command(name));
}

NextStep next_step(const Loss& loss, const std::string& name) {
  const bool moved = loss.name != Name::unreachable && !loss.moved_to.empty();
  return {.command = CommandName::resume, .report = moved ? loss.moved_to : name};
}

}  // namespace koobatch::report
