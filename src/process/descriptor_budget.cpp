#include "koobatch/process/descriptor_budget.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <iterator>
#include <limits>
#include <system_error>

namespace koobatch::process {
namespace {

constexpr std::uint64_t enough_for_control = 64;

}  // namespace

std::uint64_t free_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::uint64_t>::max();
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  std::error_code unreadable;
  const std::filesystem::directory_iterator open_now("/proc/self/fd", unreadable);
  // One of them is the folder being read. Without /proc, it assumes those that every program has.
  const auto used =
      unreadable ? std::uint64_t{3} : static_cast<std::uint64_t>(std::distance(begin(open_now), end(open_now))) - 1;
  return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

DescriptorBudget share_descriptors(std::uint64_t free, const DescriptorNeeds& needs) {
  assert(needs.per_connection > 0);
  const bool control = free >= enough_for_control;
  const std::uint64_t reserved = needs.fixed + (control ? needs.control : 0);
  const std::uint64_t fitting = free > reserved ? (free - reserved) / needs.per_connection : 0;
  return {std::min(fitting, needs.connections), control};
}

}  // namespace koobatch::process
