#include "report/page_assets.hpp"

#include "koobatch/page/embed.hpp"

KOOBATCH_EMBED(html, KOOBATCH_PAGE_FOLDER "/page.html");
KOOBATCH_EMBED(script, KOOBATCH_PAGE_FOLDER "/page.js");
KOOBATCH_EMBED(chart_licence, KOOBATCH_PAGE_FOLDER "/chart-licence.txt");
KOOBATCH_EMBED(chart_library, KOOBATCH_CHART_LIBRARY);

namespace koobatch::report::page_assets {

std::string_view html() {
  return {koobatch_asset_html, koobatch_asset_html_end};
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
