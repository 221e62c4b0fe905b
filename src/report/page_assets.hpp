#pragma once
#include <string_view>

/// The parts of the page besides its style: the files in page/ and the chart library, embedded at build time.
namespace koobatch::report::page_assets {

std::string_view html();
std::string_view script();
std::string_view chart_library();
std::string_view chart_licence();

}  // namespace koobatch::report::page_assets
