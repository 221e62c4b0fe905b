#include "koobatch/koodrive/outcome.hpp"

#include <fmt/format.h>

namespace koobatch::koodrive {

std::string describe(const Outcome& outcome) {
  if (outcome.http == 0) return outcome.error;
  std::string text = fmt::format("HTTP {}", outcome.http);
  if (outcome.code) text += fmt::format(", code {}", *outcome.code);
  if (!outcome.page.empty()) return fmt::format("{}, {}", text, outcome.page);
  const std::string& words = outcome.msg.empty() ? outcome.error : outcome.msg;
  return words.empty() ? text : fmt::format("{}: {}", text, words);
}

}  // namespace koobatch::koodrive
