#pragma once
#include "koobatch/core/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace koobatch {

/// Splits a command into words by the shell's quoting rules and nothing else: blanks separate words; text within '…' is
/// literal; within "…" a backslash escapes only " and \; elsewhere it escapes the next character. A usage error if
/// there is no word or a quote is never closed; `option` names the setting that holds the command.
Result<std::vector<std::string>> split_words(std::string_view command, std::string_view option);

/// The first unquoted word that only a shell would interpret; empty: none. A quoted one is literal, or meant for a
/// shell that the command itself starts.
std::string shell_operator(const std::string& command);

}  // namespace koobatch
