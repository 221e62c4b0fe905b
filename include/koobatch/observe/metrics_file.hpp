#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::observe {

/// A metrics file for the textfile collector of Prometheus' node exporter, replaced atomically, so that readers never
/// find half of one.
class MetricsFile {
 public:
  /// How often it is written.
  static constexpr Duration interval = std::chrono::seconds(5);

  /// Reads what an earlier run left there. A usage error if the file holds anything but metrics, which would be lost,
  /// or if none can be created there.
  static Result<MetricsFile> open(std::filesystem::path path);

  /// When an earlier run last succeeded, if the file says so.
  std::optional<std::int64_t> last_success() const { return last_success_; }
  /// When a plan was last made, if the file says so.
  std::optional<std::int64_t> last_plan() const { return last_plan_; }
  bool is_due(TimePoint now) const { return now >= next_; }
  /// Replaces the file; it is due again after `interval`. A persisting error is logged only once: a run does not end
  /// because it cannot be monitored.
  void write(std::string_view text, TimePoint now);

 private:
  explicit MetricsFile(std::filesystem::path path);
  Result<void> replace(std::string_view text) const;

  std::filesystem::path path_;
  std::optional<std::int64_t> last_success_{};
  std::optional<std::int64_t> last_plan_{};
  TimePoint next_ = TimePoint::min();
  bool failing_ = false;
};

}  // namespace koobatch::observe
