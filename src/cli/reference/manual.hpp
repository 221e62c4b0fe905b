#pragma once
#include <string>

namespace koobatch::cli {

/// The manual page koobatch(1), in roff's man macros. Pure ASCII, so that it needs no locale.
std::string manual_page();

}  // namespace koobatch::cli
