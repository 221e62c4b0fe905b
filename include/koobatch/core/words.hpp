#pragma once
#include "koobatch/core/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace koobatch {

/// Splits a command into words as a shell does, without anything else a shell does: blanks separate; what stands within
/// '…' is taken as it is; within "…" a backslash stands before " and \ only; elsewhere it takes the next character as
/// it is. An error (usage) if there is no word, or a quote is never closed; `option` is what gave the command.
Result<std::vector<std::string>> split_words(std::string_view command, std::string_view option);

/// The first word of the command that only a shell obeys; empty: none. One that is quoted is meant as it is, and one
/// within a quoted text is for a shell that the command starts.
std::string shell_operator(const std::string& command);

}  // namespace koobatch
