#include "koobatch/core/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace koobatch {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

struct Word {
  std::string text;
  bool quoted = false;  ///< at least partly, so that a shell too would take it literally
};

bool is_shell_operator(const Word& word) {
  constexpr std::array<std::string_view, 8> operators = {"|", "||", "&", "&&", ";", "<", ">", ">>"};
  return !word.quoted && std::find(operators.begin(), operators.end(), word.text) != operators.end();
}

Result<std::vector<Word>> split(std::string_view command, std::string_view option) {
  std::vector<Word> words;
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
      words.back().quoted = true;
      continue;
    }
    if (c == '\\' && quote != '\'' && i + 1 < command.size()) {
      const char next = command[i + 1];
      if (quote == 0 || next == '"' || next == '\\') c = command[++i];
      words.back().quoted = true;
    }
    words.back().text.push_back(c);
  }
  if (quote != 0) return usage_error(fmt::format("{}: a {} is never closed", option, quote));
  if (words.empty() || words.front().text.empty()) {
    return usage_error(fmt::format("{0}: names no program; write it as {0} 'PROGRAM ARGUMENT…'", option));
  }
  return words;
}

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view command, std::string_view option) {
  auto split_up = split(command, option);
  if (!split_up) return split_up.error();
  std::vector<std::string> words;
  for (auto& word : *split_up) words.push_back(std::move(word.text));
  return words;
}

std::string shell_operator(const std::string& command) {
  const auto words = split(command, "");
  if (!words) return {};
  const auto found = std::find_if(words->begin(), words->end(), is_shell_operator);
  return found == words->end() ? std::string() : found->text;
}

}  // namespace koobatch
