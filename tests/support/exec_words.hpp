#pragma once
#include "process.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What exec() wants, made before fork(): in between nothing may allocate, for another thread, of a gate say, may have
/// held the allocator's lock.
namespace koobatch::test {

/// Our own environment with these variables set in it, and perhaps `without` one of its own: "NAME=value" each.
std::vector<std::string> environment_with(const Process::Environment& changes, std::string_view without = {});

/// One for each word, and a null pointer at the end. Valid as long as the words stay as they are.
std::vector<char*> pointers_to(std::vector<std::string>& words);

}  // namespace koobatch::test
