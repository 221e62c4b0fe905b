#pragma once
#include <string>

namespace koobatch::cli {

/// The manual page koobatch(1), in the man macros of roff. ASCII alone, so that it needs no locale.
std::string manual_page();

}  // namespace koobatch::cli
