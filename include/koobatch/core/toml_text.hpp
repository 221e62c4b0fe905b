#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace koobatch {

/// The first line, from 1, with so many dots that a key in it could nest tables too deeply: toml++ makes a table for
/// each dot, without limit, and destroys tables recursively. To be asked before a TOML text is parsed.
std::optional<std::size_t> too_deep_line(std::string_view text);

}  // namespace koobatch
