#pragma once
#include <string_view>

namespace koobatch {

/// Writes all of `bytes` to the descriptor, in as many calls as that takes. Returns 0 or an errno; ENOSPC where a file
/// system wrote nothing and gave no reason.
int write_all(int fd, std::string_view bytes);

}  // namespace koobatch
