#include "exec_words.hpp"

#include <unistd.h>

#include <utility>

namespace koobatch::test {

std::vector<std::string> environment_with(const Process::Environment& changes, std::string_view without) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string name(text.substr(0, text.find('=')));
    if (name != without && !changes.contains(name)) out.emplace_back(text);
  }
  for (const auto& [name, value] : changes) {
    std::string entry = name;
    entry += '=';
    entry += value;
    out.push_back(std::move(entry));
  }
  return out;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (auto& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace koobatch::test
