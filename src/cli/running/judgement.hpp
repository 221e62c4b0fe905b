#pragma once
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/validator.hpp"

#include <optional>

namespace koobatch::cli {

/// Prints what the validation of a job found that is to be sent for the first time. Returns an exit status if the
/// command ends there.
std::optional<int> judge(const engine::RunSettings& settings, const job::Validation& validation);

}  // namespace koobatch::cli
