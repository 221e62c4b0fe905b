#pragma once
#include "process.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Arguments for exec(), made before fork(): between the two nothing may allocate, because another thread, such as a
/// gate's, may have held the allocator's lock.
namespace koobatch::test {

/// Our own environment with these variables set and `without` removed: "NAME=value" each.
std::vector<std::string> environment_with(const Process::Environment& changes, std::string_view without = {});

/// A pointer to each word, and a null pointer at the end. Valid until `words` changes.
std::vector<char*> pointers_to(std::vector<std::string>& words);

}  // namespace koobatch::test
