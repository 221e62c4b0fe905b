#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/report/record.hpp"

#include <filesystem>
#include <functional>

namespace koobatch::report {

/// Reads a report, which `age` later ones repeat, and returns its run.
using ReadReport = std::function<Result<RunRecord>(const std::filesystem::path& report, unsigned age)>;

/// Reads a report and those of the runs that it repeats, directly or not, from the latest to the first one. An error
/// (usage) if another report is where one of them was, or if they repeat each other.
Result<void> read_ancestry(const std::filesystem::path& report, const ReadReport& read);

/// Tells, as the segments of a report are visited, whether the process of an earlier one was killed.
class KillWatch {
 public:
  /// Reports that a segment begins.
  void on_run() {
    follows_kill_ = follows_kill_ || is_open_;
    is_open_ = true;
  }
  /// Reports that it was closed.
  void on_end() { is_open_ = false; }
  /// Whether a segment before the present one was not closed.
  bool follows_kill() const { return follows_kill_; }

 private:
  bool is_open_ = false;
  bool follows_kill_ = false;
};

}  // namespace koobatch::report
