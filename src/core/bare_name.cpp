#include "koobatch/core/bare_name.hpp"

#include "koobatch/core/ascii.hpp"

#include <algorithm>
#include <cstddef>

namespace koobatch {

std::string bare_name(std::string_view name) {
  constexpr std::string_view no_break_space = "\xc2\xa0";
  constexpr std::string_view no_space = "\xef\xbb\xbf";
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    const auto rest = name.substr(i);
    const auto blank = rest.starts_with(no_break_space) ? no_break_space.size()
                       : rest.starts_with(no_space)     ? no_space.size()
                                                        : 0;
    const char c = name[i];
    i += std::max<std::size_t>(blank, 1);
    if (blank > 0 || c == ' ' || c == '\t' || c == '_' || c == '-') continue;
    out.push_back(lower(c));
  }
  return out;
}

}  // namespace koobatch
