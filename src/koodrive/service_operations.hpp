#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <span>

namespace koobatch::koodrive {

/// The service's own operations, as constants.
std::span<const OperationRow> service_rows();

}  // namespace koobatch::koodrive
