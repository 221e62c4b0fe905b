#pragma once
#include <string>

namespace koobatch::auth {

/// Overwrites all of `text`, including its spare capacity, and empties it: freed memory would keep the bytes otherwise.
void wipe(std::string& text);

}  // namespace koobatch::auth
