#include "fleet/watchman.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace koobatch::fleet {
namespace {

std::string name_of(const Survey& survey, WorkerNumber number) {
  const auto row = std::ranges::find(survey.workers, number, &WorkerRow::number);
  return fmt::format("worker {} ({})", number, row != survey.workers.end() ? row->name : "?");
}

}  // namespace

Answer<void> Watchman::observe(Ledger& ledger, WorkerNumber me, const Sight& sight) {
  const auto suspects = watch_.observe(sight.survey.workers, me, ledger.connection(), sight.asked, sight.received);
  for (const auto& suspect : suspects) {
    const auto fenced = ledger.fence(suspect.worker, suspect.beat, hold_);
    if (!fenced) return fenced.error();
    if (*fenced) {
      spdlog::warn(
          "{} gave no sign of life for longer than its lease: it can record nothing more, and others take over",
          name_of(sight.survey, suspect.worker));
    }
  }
  return {};
}

}  // namespace koobatch::fleet
