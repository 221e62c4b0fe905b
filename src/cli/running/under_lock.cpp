#include "cli/running/under_lock.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/process/run_lock.hpp"
#include "koobatch/process/signals.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace koobatch::cli {
namespace {

using process::RunLock;

/// Stores the first signal that arrived while waiting for the lock in `signal`.
Result<std::optional<RunLock>> take_lock(const Schedule& schedule, int& signal) {
  const process::SignalWatch signals;
  auto taken = process::wait_for_lock(schedule.lock, schedule.lock_wait, [&] { return signals.received() != 0; });
  signal = signals.received();
  if (!taken) return Error{taken.error().kind, "--lock " + taken.error().message};
  return taken;
}

/// Without --lock-wait, a lock held by another process is the case the option exists for, and no failure. With it, the
/// work was wanted, and was not done.
int report_held(const Schedule& schedule) {
  const std::string holder =
      fmt::format("{} holds the lock {}", process::holder_of(schedule.lock), schedule.lock.string());
  if (schedule.lock_wait != Duration::zero()) {
    return fail(fatal_error(fmt::format("{}, and kept it for longer than --lock-wait {}; nothing was done", holder,
                                        format_duration(schedule.lock_wait))));
  }
  observe::log::print(spdlog::level::info, fmt::format("koobatch: {}; nothing was done", holder));
  return exit_success;
}

}  // namespace

int under_lock(const Schedule& schedule, const std::function<int()>& work) {
  if (schedule.lock.empty()) return work();
  int signal = 0;
  const auto lock = take_lock(schedule, signal);
  if (!lock) return fail(lock.error());
  if (signal != 0) {
    observe::log::print(spdlog::level::err, "koobatch: interrupted; nothing was done");
    return exit_by_signal + signal;
  }
  return *lock ? work() : report_held(schedule);
}

}  // namespace koobatch::cli
