#include "koobatch/net/descriptors.hpp"

#include <sys/resource.h>

#include <filesystem>
#include <iterator>
#include <limits>
#include <system_error>

namespace koobatch::net {

std::uint64_t free_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::uint64_t>::max();
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  std::error_code unreadable;
  const std::filesystem::directory_iterator open_now("/proc/self/fd", unreadable);
  // One of them is the folder being read. Without /proc, those that every program has must do.
  const auto used =
      unreadable ? std::uint64_t{3} : static_cast<std::uint64_t>(std::distance(begin(open_now), end(open_now))) - 1;
  return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

}  // namespace koobatch::net
