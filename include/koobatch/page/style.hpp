#pragma once
#include <string>
#include <string_view>

namespace koobatch::page {

/// The style sheet of all pages.
std::string_view style();

/// The hash by which a content security policy identifies a script or style, byte for byte.
std::string policy_hash(std::string_view content);

}  // namespace koobatch::page
