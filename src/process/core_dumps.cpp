#include "koobatch/process/core_dumps.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace koobatch::process {

void forbid_core_dumps() {
  // The limit alone has no effect where cores are piped to a collector. Our children inherit it, so the hard limit is
  // left unchanged.
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) == 0) {
    limit.rlim_cur = 0;
    ::setrlimit(RLIMIT_CORE, &limit);
  }
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace koobatch::process
