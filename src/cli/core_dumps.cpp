#include "koobatch/cli/core_dumps.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace koobatch::cli {

void forbid_core_dumps() {
  // The limit alone does not hold where cores are piped to a collector. It is inherited by what we start, so the hard
  // one is left as it is.
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) == 0) {
    limit.rlim_cur = 0;
    ::setrlimit(RLIMIT_CORE, &limit);
  }
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace koobatch::cli
