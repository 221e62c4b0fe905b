#include "cli/running/capture_forecast.hpp"

#include "koobatch/core/units.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/verification.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace koobatch::cli {

job::FurtherCheck CaptureForecast::counting(job::FurtherCheck check) {
  return [this, check = std::move(check)](const job::Reader& reader) -> std::optional<koodrive::Violation> {
    if (check) {
      if (auto violation = check(reader)) return violation;
    }
    const auto& row = *reader.fields().row;
    ++all_;
    if (plan::is_readable(row, koodrive::service_resources())) {
      ++readable_;
    } else {
      ++unreadable_[row.name];
    }
    return std::nullopt;
  };
}

void CaptureForecast::warn() const {
  for (const auto& [name, count] : unreadable_) {
    spdlog::warn("--capture: nothing reads what {} changes, so {} cannot be undone", name,
                 count_of(count, "operation"));
  }
}

std::string CaptureForecast::describe() const {
  return fmt::format("the items of {} of {} would be read first", format_count(readable_), count_of(all_, "operation"));
}

}  // namespace koobatch::cli
