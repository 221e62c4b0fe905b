#include "koobatch/koodrive/route.hpp"

#include <simdjson.h>
#include <boost/url/pct_string_view.hpp>

#include <utility>

namespace koobatch::koodrive {
namespace {

/// Whether `path` has the form of the row's target, whose path fields are then in `match`.
bool match_path(const OperationRow& row, std::string_view path, RouteMatch& match) {
  bool first = true;
  for (auto form = row.target;;) {
    const auto open = form.find('{');
    if (open == std::string_view::npos) return path == form;
    if (!path.starts_with(form.substr(0, open))) return false;
    path.remove_prefix(open);
    const auto segment = path.substr(0, path.find('/'));
    auto value = segment.empty() ? std::nullopt : percent_decoded(segment);
    if (!value) return false;
    (std::exchange(first, false) ? match.path_value : match.more_values.emplace_back()) = std::move(*value);
    path.remove_prefix(segment.size());
    form.remove_prefix(form.find('}', open) + 1);
  }
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  const auto encoded = boost::urls::make_pct_string_view(text);
  if (!encoded) return std::nullopt;
  std::string decoded = encoded->decode();
  if (!simdjson::validate_utf8(decoded)) return std::nullopt;
  return decoded;
}

const std::string& RouteMatch::value_of(std::string_view field) const {
  const std::string* value = &path_value;
  std::size_t next = 0;
  for (auto form = row->target; next < more_values.size(); ++next) {
    const auto open = form.find('{');
    const auto close = form.find('}', open);
    if (form.substr(open + 1, close - open - 1) == field) break;
    value = &more_values[next];
    form.remove_prefix(close + 1);
  }
  return *value;
}

std::optional<RouteMatch> match_route(const OperationCatalogue& catalogue, std::string_view method,
                                      std::string_view target) {
  const auto query = target.find('?');
  if (query != std::string_view::npos && query + 1 < target.size()) return std::nullopt;
  const auto path = target.substr(0, query);
  for (const auto* row : catalogue.routes()) {
    if (row->method != method) continue;
    if (RouteMatch match{row, {}, {}}; match_path(*row, path, match)) return match;
  }
  return std::nullopt;
}

}  // namespace koobatch::koodrive
