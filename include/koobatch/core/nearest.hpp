#pragma once
#include <string_view>
#include <vector>

namespace koobatch {

/// The word in `known` that `wrong` most likely stands for, the first of several; empty if none is similar.
std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& known);

}  // namespace koobatch
