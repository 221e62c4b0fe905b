#pragma once
#include <string>

/// Scripts that let a shell complete the command line: commands, flags, their values, paths.
namespace koobatch::cli {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace koobatch::cli
