#include "cli/settings/option.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/case_conv.hpp>

#include <algorithm>
#include <array>
#include <iterator>

namespace koobatch::cli {
namespace {

constexpr std::array headings = {
    heading::target,  heading::engine,    heading::job, heading::credentials, heading::pace,
    heading::retries, heading::schedules, heading::tls, heading::embedded,    std::string_view() /* any other */,
    heading::output};

std::ptrdiff_t rank_of(std::string_view heading) {
  const auto found = std::find(headings.begin(), headings.end(), heading);
  const auto other = std::find(headings.begin(), headings.end(), std::string_view());
  return (found == headings.end() ? other : found) - headings.begin();
}

}  // namespace

std::string_view Option::default_value() const {
  return otherwise.empty() && !store.is_list ? std::string_view(store.default_value) : std::string_view();
}

std::string_view Option::default_text() const {
  if (is_switch()) return {};
  return otherwise.empty() ? default_value() : otherwise;
}

std::string variable_name(std::string_view option) {
  std::string name = fmt::format("KOOBATCH_{}", boost::algorithm::to_upper_copy(std::string(option)));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void sort_by_heading(std::vector<const Option*>& options) {
  std::stable_sort(options.begin(), options.end(),
                   [](const Option* a, const Option* b) { return rank_of(a->heading) < rank_of(b->heading); });
}

}  // namespace koobatch::cli
