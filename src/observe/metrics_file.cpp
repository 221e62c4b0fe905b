#include "koobatch/observe/metrics_file.hpp"

#include "koobatch/core/new_file.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/write_all.hpp"
#include "koobatch/observe/metrics.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <utility>

namespace koobatch::observe {
namespace {

/// Far more than metrics ever need.
constexpr std::size_t longest = std::size_t{1} << 20;

/// The text of the file, or a little more than `longest` bytes of it.
Result<std::string> read_beginning(const std::filesystem::path& path, const std::string& name) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return system_error(ErrorKind::usage, name, "cannot be read", errno);
  std::string text(longest + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return system_error(ErrorKind::usage, name, "cannot be read", errno);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

MetricsFile::MetricsFile(std::filesystem::path path) : path_(std::move(path)) {}

Result<MetricsFile> MetricsFile::open(std::filesystem::path path) {
  const std::string name = spell(SettingName::metrics_file, path.native());
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return system_error(ErrorKind::usage, name, "its folder cannot be written to", errno);
  }
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return MetricsFile(std::move(path));
  if (status.type() == std::filesystem::file_type::none) {
    return system_error(ErrorKind::usage, name, "cannot be found", error.value());
  }
  if (!std::filesystem::is_regular_file(status)) return usage_error(name + ": is not a regular file; name one");
  const auto text = read_beginning(path, name);
  if (!text) return text.error();
  if (!text->empty() && (!is_metrics_text(*text) || text->size() > longest)) {
    return usage_error(name + ": does not hold koobatch metrics, and is not overwritten; name another file");
  }
  MetricsFile file(std::move(path));
  file.last_success_ = last_success_in(*text);
  file.last_plan_ = last_plan_in(*text);
  return file;
}

Result<void> MetricsFile::replace(std::string_view text) const {
  constexpr mode_t readable_by_all = 0644;
  const auto failure = [&](const char* what, int code) {
    return system_error(ErrorKind::fatal, spell(SettingName::metrics_file, path_.native()), what, code);
  };
  auto temporary = open_temporary(path_, readable_by_all);
  if (!temporary.file) return failure("cannot be created", errno);
  int code = write_all(temporary.file.get(), text);
  // A full disk may be reported only here.
  if (::close(temporary.file.release()) != 0 && code == 0) code = errno;
  const char* const step = code != 0 ? "write failed" : "rename failed";
  if (code == 0 && ::rename(temporary.path.c_str(), path_.c_str()) != 0) code = errno;
  if (code == 0) return {};
  ::unlink(temporary.path.c_str());
  return failure(step, code);
}

void MetricsFile::write(std::string_view text, TimePoint now) {
  next_ = now + interval;
  const auto written = replace(text);
  if (!written && !failing_) {
    spdlog::warn("{}; the run continues, and tries again to write it every {:g} s", written.error().message,
                 seconds(interval));
  }
  if (written && failing_) spdlog::info("{}: written again", spell(SettingName::metrics_file, path_.native()));
  failing_ = !written;
}

}  // namespace koobatch::observe
