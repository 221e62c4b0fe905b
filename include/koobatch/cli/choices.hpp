#pragma once
#include "koobatch/cli/setting.hpp"
#include "koobatch/cli/verb.hpp"

#include <vector>

namespace koobatch::cli {

/// Settles what options that stand for one choice come to, and what follows from it: drops the settings that a more
/// direct source has decided otherwise and those that are of no use then, and adds what the verb takes for granted.
void settle_choices(Verb verb, std::vector<Setting>& settings);

}  // namespace koobatch::cli
