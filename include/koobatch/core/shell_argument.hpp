#pragma once
#include <string>

namespace koobatch {

/// A path or value as one argument of a command line, quoted for a shell if necessary. Text that would not pass through
/// a terminal unchanged is escaped as bash, ksh and zsh read it. A leading dash is preceded by "./", so that a path is
/// not taken for a flag.
std::string shell_argument(const std::string& text);

}  // namespace koobatch
