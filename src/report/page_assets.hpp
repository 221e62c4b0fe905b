#pragma once
#include <string_view>

/// What the page is made of: the files in page/ and the chart library, as they were when this was built.
namespace koobatch::report::page_assets {

std::string_view html();
std::string_view style();
std::string_view script();
std::string_view chart_library();
std::string_view chart_licence();

}  // namespace koobatch::report::page_assets
