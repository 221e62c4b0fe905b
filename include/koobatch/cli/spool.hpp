#pragma once
#include "koobatch/core/error.hpp"

#include <filesystem>
#include <functional>

namespace koobatch::cli {

/// The job argument that means standard input, and what messages call it.
constexpr const char* standard_input_argument = "-";
constexpr const char* standard_input_name = "standard input";

/// "r.ndjson.job" for the report "r.ndjson": where a run keeps what came through standard input.
std::filesystem::path spool_path(const std::filesystem::path& report);

/// A copy of what came through a descriptor, as it came: a job is read more than once, and again when its run is
/// resumed. Only its owner may read it. Removed with the object, unless kept.
class Spool {
 public:
  /// Creates the spool of a report. A usage error if a file of this name exists, which is never overwritten.
  static Result<Spool> beside(const std::filesystem::path& report);
  /// One for a job that is not run: it has no name, so that nothing is left of it even if the process is killed.
  static Result<Spool> temporary();

  ~Spool();
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&&) = delete;

  /// Copies all there is to read from `input` and makes it durable; the entry in its folder becomes durable with the
  /// report's. False if `stop`, asked several times a second, said so before the end.
  Result<bool> fill(int input, const std::function<bool()>& stop);
  /// Where it can be read.
  const std::filesystem::path& path() const { return path_; }
  /// Leaves it behind: a run reads it now, or may later.
  void keep() { remove_ = false; }

 private:
  Spool(std::filesystem::path path, int fd, bool remove);

  std::filesystem::path path_;
  int fd_;       ///< -1: moved from
  bool remove_;  ///< when the object goes
};

}  // namespace koobatch::cli
