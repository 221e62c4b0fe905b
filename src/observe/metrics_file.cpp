#include "koobatch/observe/metrics_file.hpp"

#include "koobatch/core/new_file.hpp"
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
#include <iterator>
#include <utility>

namespace koobatch::observe {

MetricsFile::MetricsFile(std::filesystem::path path, std::optional<std::int64_t> last_success)
    : path_(std::move(path)), last_success_(last_success) {}

Result<MetricsFile> MetricsFile::open(std::filesystem::path path) {
  const std::string name = "--metrics-file " + path.native();
  std::error_code none;
  if (!std::filesystem::exists(path, none)) return MetricsFile(std::move(path), std::nullopt);
  if (!std::filesystem::is_regular_file(path, none)) return usage_error(name + ": is no file; name one");
  std::ifstream file(path, std::ios::binary);
  if (!file) return system_error(ErrorKind::usage, name, "cannot be read", errno);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!text.empty() && !is_metrics_text(text)) {
    return usage_error(name + ": holds something else than metrics of koobatch, and is not overwritten; name another");
  }
  return MetricsFile(std::move(path), last_success_in(text));
}

Result<void> MetricsFile::replace(std::string_view text) const {
  constexpr mode_t readable_by_all = 0644;
  std::filesystem::path temporary;
  const auto failure = [&](const char* what, int code) {
    return system_error(ErrorKind::fatal, "--metrics-file " + path_.native(), what, code);
  };
  int fd = -1;
  do {
    temporary = temporary_name(path_);
    fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, readable_by_all);
  } while (fd < 0 && (errno == EEXIST || errno == EINTR));
  if (fd < 0) return failure("cannot be created", errno);
  int code = write_all(fd, text);
  // A full disk may be told of only here.
  if (::close(fd) != 0 && code == 0) code = errno;
  const char* const step = code != 0 ? "write failed" : "rename failed";
  if (code == 0 && ::rename(temporary.c_str(), path_.c_str()) != 0) code = errno;
  if (code == 0) return {};
  ::unlink(temporary.c_str());
  return failure(step, code);
}

void MetricsFile::write(std::string_view text, TimePoint now) {
  next_ = now + interval;
  const auto written = replace(text);
  if (!written && !failing_) {
    spdlog::warn("{}; the run goes on, and it is tried again every {:g} s", written.error().message, seconds(interval));
  }
  if (written && failing_) spdlog::info("--metrics-file {}: written again", path_.native());
  failing_ = !written;
}

}  // namespace koobatch::observe
