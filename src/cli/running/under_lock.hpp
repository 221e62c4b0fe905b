#pragma once
#include "cli/settings/shared_settings.hpp"

#include <functional>

namespace koobatch::cli {

/// Calls `work` while holding the lock of the schedule, if it has one, and returns its exit status. If the lock is not
/// available, prints why and returns the status for that.
int under_lock(const Schedule& schedule, const std::function<int()>& work);

}  // namespace koobatch::cli
