#pragma once
#include <string>

/// Scripts that make a shell complete the command line: verbs, flags, the values of flags, paths.
namespace koobatch::cli {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace koobatch::cli
