#include "koobatch/core/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

namespace koobatch {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

bool is_shell_operator(std::string_view word) {
  constexpr std::array<std::string_view, 8> operators = {"|", "||", "&", "&&", ";", "<", ">", ">>"};
  return std::find(operators.begin(), operators.end(), word) != operators.end();
}

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view command, std::string_view option) {
  std::vector<std::string> words;
  bool within = false;
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    char c = command[i];
    if (quote == 0 && is_blank(c)) {
      within = false;
      continue;
    }
    if (!std::exchange(within, true)) words.emplace_back();
    if (c == quote || (quote == 0 && (c == '\'' || c == '"'))) {
      quote = quote == 0 ? c : '\0';
      continue;
    }
    if (c == '\\' && quote != '\'' && i + 1 < command.size()) {
      const char next = command[i + 1];
      if (quote == 0 || next == '"' || next == '\\') c = command[++i];
    }
    words.back().push_back(c);
  }
  if (quote != 0) return usage_error(fmt::format("{}: a {} is never closed", option, quote));
  if (words.empty() || words.front().empty()) {
    return usage_error(fmt::format("{0}: names no program; write it as {0} 'PROGRAM ARGUMENT…'", option));
  }
  return words;
}

std::string shell_operator(const std::string& command) {
  const auto words = split_words(command, "");
  if (!words || std::none_of(words->begin(), words->end(), is_shell_operator)) return {};
  std::istringstream text(command);
  for (std::string word; text >> word;) {
    if (is_shell_operator(word)) return word;
  }
  return {};
}

}  // namespace koobatch
