#include "report/page_assets.hpp"

// The assembler embeds the file between two symbols. CMake defines the files' locations, and rebuilds this when one of
// them changes.
#define KOOBATCH_EMBED(NAME, PATH)               \
  asm(".pushsection .rodata\n"                   \
      ".global koobatch_asset_" #NAME            \
      "\n"                                       \
      "koobatch_asset_" #NAME                    \
      ":\n"                                      \
      ".incbin \"" PATH                          \
      "\"\n"                                     \
      ".global koobatch_asset_" #NAME            \
      "_end\n"                                   \
      "koobatch_asset_" #NAME                    \
      "_end:\n"                                  \
      ".popsection\n");                          \
  extern "C" const char koobatch_asset_##NAME[]; \
  extern "C" const char koobatch_asset_##NAME##_end[]

KOOBATCH_EMBED(html, KOOBATCH_PAGE_FOLDER "/page.html");
KOOBATCH_EMBED(style, KOOBATCH_PAGE_FOLDER "/page.css");
KOOBATCH_EMBED(script, KOOBATCH_PAGE_FOLDER "/page.js");
KOOBATCH_EMBED(chart_licence, KOOBATCH_PAGE_FOLDER "/chart-licence.txt");
KOOBATCH_EMBED(chart_library, KOOBATCH_CHART_LIBRARY);

namespace koobatch::report::page_assets {

std::string_view html() {
  return {koobatch_asset_html, koobatch_asset_html_end};
}
std::string_view style() {
  return {koobatch_asset_style, koobatch_asset_style_end};
}
std::string_view script() {
  return {koobatch_asset_script, koobatch_asset_script_end};
}
std::string_view chart_licence() {
  return {koobatch_asset_chart_licence, koobatch_asset_chart_licence_end};
}
std::string_view chart_library() {
  return {koobatch_asset_chart_library, koobatch_asset_chart_library_end};
}

}  // namespace koobatch::report::page_assets
