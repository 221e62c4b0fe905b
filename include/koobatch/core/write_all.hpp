#pragma once
#include <string_view>

namespace koobatch {

/// Writes all of `bytes` to the descriptor, however many calls that takes. 0, or the errno that says why not all could
/// be written; ENOSPC where a file system wrote nothing and gave no reason.
int write_all(int fd, std::string_view bytes);

}  // namespace koobatch
