#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::koodrive {

/// The text that is percent-encoded here; nothing for a bad encoding or one that is not UTF-8.
std::optional<std::string> percent_decoded(std::string_view text);

/// The row that a request is about and its decoded path fields.
struct RouteMatch {
  const OperationRow* row = nullptr;
  std::string path_value;                ///< the first one, in the order of the path; empty if there is none
  std::vector<std::string> more_values;  ///< the others

  /// The value of the path field of this name.
  const std::string& value_of(std::string_view field) const;
};
/// Finds the row for a request line. Path fields are percent-decoded once; nothing for an unknown path or method, a
/// query that is not empty, a bad percent-encoding or one that is not UTF-8. The rules of the fields are check()'s
/// affair.
std::optional<RouteMatch> match_route(const OperationCatalogue& catalogue, std::string_view method,
                                      std::string_view target);

}  // namespace koobatch::koodrive
