#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"

namespace koobatch::sim {

/// The operations that the simulator offers: the service's own, and `post_event`, which must not be applied twice. The
/// service has no such operation (yet); here its path through a run can be rehearsed.
const koodrive::OperationCatalogue& operations();

}  // namespace koobatch::sim
