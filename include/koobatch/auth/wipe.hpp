#pragma once
#include <string>

namespace koobatch::auth {

/// Overwrites what `text` holds, its spare room included, and empties it: freed memory keeps its bytes otherwise.
void wipe(std::string& text);

}  // namespace koobatch::auth
