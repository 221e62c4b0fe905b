#include "koobatch/koodrive/route.hpp"

#include <simdjson.h>
#include <boost/url/pct_string_view.hpp>

namespace koobatch::koodrive {
namespace {

// The decoded path field if `path` has the form of `row.target`; an empty text for a row without a path field.
std::optional<std::string> match_path(const OperationRow& row, std::string_view path) {
  const auto open = row.target.find('{');
  if (open == std::string_view::npos) return path == row.target ? std::optional(std::string()) : std::nullopt;
  const auto before = row.target.substr(0, open);
  const auto after = row.target.substr(row.target.find('}', open) + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) {
    return std::nullopt;
  }
  const auto segment = path.substr(before.size(), path.size() - before.size() - after.size());
  if (segment.find('/') != std::string_view::npos) return std::nullopt;
  const auto encoded = boost::urls::make_pct_string_view(segment);
  if (!encoded) return std::nullopt;
  std::string decoded = encoded->decode();
  if (!simdjson::validate_utf8(decoded)) return std::nullopt;
  return decoded;
}

}  // namespace

std::optional<RouteMatch> match_route(const OperationCatalogue& catalogue, std::string_view method,
                                      std::string_view target) {
  const auto query = target.find('?');
  if (query != std::string_view::npos && query + 1 < target.size()) return std::nullopt;
  const auto path = target.substr(0, query);
  for (const auto& row : catalogue.rows()) {
    if (row.method != method) continue;
    if (auto value = match_path(row, path)) return RouteMatch{&row, std::move(*value)};
  }
  return std::nullopt;
}

}  // namespace koobatch::koodrive
