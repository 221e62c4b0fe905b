#pragma once
#include <chrono>
#include <string>

namespace koobatch::test {

/// The text of a state with these items, one a line, of one user, with its last line, as an export writes it.
std::string state_text(std::string items, const std::string& endpoint, bool is_complete = true,
                       std::chrono::minutes age = {});

}  // namespace koobatch::test
