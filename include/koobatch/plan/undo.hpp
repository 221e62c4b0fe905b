#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/plan/effects.hpp"
#include "koobatch/plan/plan_maker.hpp"
#include "koobatch/plan/planner.hpp"
#include "koobatch/state/reader.hpp"

#include <string>
#include <string_view>

namespace koobatch::plan {

/// Replaces what the line sets by what the service has stored instead: {"fileName":"…"}. False if that cannot be read.
bool set_stored(PlanLine& line, std::string_view json);

/// Reads the present state into the maker of a plan that takes back these effects, which are used up. Values that
/// others have set since are kept. `name`: of the state, for messages.
Result<void> read_undo(Effects& effects, state::ItemReader& present, const std::string& name, PlanMaker& maker,
                       const OnLoss& on_loss);

}  // namespace koobatch::plan
