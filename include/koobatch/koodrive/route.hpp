#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::koodrive {

/// The row that a request is about and its decoded path field, empty if the row has none.
struct RouteMatch {
  const OperationRow* row = nullptr;
  std::string path_value;
};
/// Finds the row for a request line. The path field is percent-decoded once; nothing for an unknown path or method, a
/// query that is not empty, a bad percent-encoding or one that is not UTF-8. The rules of the field are check()'s
/// affair.
std::optional<RouteMatch> match_route(const OperationCatalogue& catalogue, std::string_view method,
                                      std::string_view target);

}  // namespace koobatch::koodrive
