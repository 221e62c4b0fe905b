#include "koobatch/core/shell_argument.hpp"

#include "koobatch/core/terminal_text.hpp"

#include <fmt/format.h>

#include <string_view>

namespace koobatch {
namespace {

constexpr std::string_view harmless_in_shells =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=:,@%";

/// For names that would not arrive as they are through a terminal: "$'a\033b'", as bash, ksh and zsh read it.
std::string escaped_for_shells(const std::string& text) {
  std::string out = "$'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') {
      out.append("\\").push_back(c);
    } else if (c >= 0x20 && c < 0x7f) {
      out.push_back(c);
    } else {
      out += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
  }
  return out + "'";
}

std::string shell_quoted(const std::string& text) {
  if (!text.empty() && text.find_first_not_of(harmless_in_shells) == std::string::npos) return text;
  if (harmless(text) != text) return escaped_for_shells(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace

std::string shell_argument(const std::string& text) {
  // A leading dash would be taken for a flag.
  return shell_quoted(text.starts_with('-') ? "./" + text : text);
}

}  // namespace koobatch
