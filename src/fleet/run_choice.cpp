#include "koobatch/fleet/run_choice.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/http/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::fleet {
namespace {

/// Hosts are written in any case.
bool is_for(const RunRow& run, const std::string& endpoint) {
  const auto parsed = http::parse_endpoint(run.about.endpoint);
  return parsed && std::ranges::equal(parsed->url(), endpoint, {}, lower, lower);
}

bool can_be_worked_on(RunState state) {
  return state == RunState::ready || state == RunState::running || state == RunState::paused;
}

RunChoice choice_of(const RunRow& run) {
  if (can_be_worked_on(run.state)) return {RunChoice::Kind::found, &run};
  return {has_ended(run.state) ? RunChoice::Kind::ended : RunChoice::Kind::wait, &run};
}

Result<RunChoice> choose_named(std::span<const RunRow> runs, const RunWish& wish) {
  const auto found = std::ranges::find(runs, wish.run_id, [](const RunRow& run) { return run.about.run_id; });
  if (found == runs.end()) {
    return usage_error(
        fmt::format("the engine has no run {}; it was removed, or was submitted elsewhere", wish.run_id));
  }
  if (!is_for(*found, wish.endpoint)) {
    return usage_error(
        fmt::format("run {} sends to {}, this worker to {}: nothing was sent, and no credentials were; give the "
                    "run's {}, or name another run",
                    wish.run_id, found->about.endpoint, wish.endpoint, spell(SettingName::endpoint)));
  }
  return choice_of(*found);
}

/// Which of two choices to prefer: what can be worked on, then what may become so, then what was submitted earlier.
bool comes_before(const RunChoice& a, const RunChoice& b) {
  if (a.kind != b.kind) return a.kind < b.kind;
  return a.run->submitted < b.run->submitted;
}

}  // namespace

Result<RunChoice> choose_run(std::span<const RunRow> runs, const RunWish& wish) {
  if (!wish.run_id.empty()) return choose_named(runs, wish);
  RunChoice best;
  for (const RunRow& run : runs) {
    if (!is_for(run, wish.endpoint)) continue;
    const auto choice = choice_of(run);
    if (best.run == nullptr || comes_before(choice, best)) best = choice;
  }
  return best;
}

}  // namespace koobatch::fleet
