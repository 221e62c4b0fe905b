#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace koobatch {

/// The final result of an operation. It never claims more than is known.
enum class Status : std::uint8_t {
  succeeded,  ///< the service confirmed it
  rejected,   ///< the service answered and refused it for good
  failed,     ///< given up after retries, and certainly not applied
  unknown,    ///< given up, and an attempt may have been applied
  invalid,    ///< breaks a documented rule; never sent
  unchanged,  ///< a reading showed that everything is as wanted already; not sent
  skipped,    ///< not sent, because of what a reading showed, or how another operation ended
};

constexpr std::array<std::string_view, 7> status_names = {"succeeded", "rejected",  "failed", "unknown",
                                                          "invalid",   "unchanged", "skipped"};

/// Whether everything is as the operation wants it.
constexpr bool is_fulfilled(Status status) {
  return status == Status::succeeded || status == Status::unchanged;
}

/// Whether only operations about which something is read can end so: those of plans and of verifications.
constexpr bool is_of_plans(Status status) {
  return status == Status::unchanged || status == Status::skipped;
}

constexpr std::string_view to_string(Status status) {
  return status_names[static_cast<std::size_t>(status)];
}
constexpr std::optional<Status> parse_status(std::string_view text) {
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    if (status_names[i] == text) return static_cast<Status>(i);
  }
  return std::nullopt;
}

}  // namespace koobatch
