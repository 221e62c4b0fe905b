#pragma once
#include <string_view>
#include <vector>

namespace koobatch::cli {

/// The one of `known` that was most likely meant by `wrong`, the first of several; empty if none is like it.
std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& known);

}  // namespace koobatch::cli
