#pragma once
#include "koobatch/core/next_step.hpp"

#include <string>
#include <string_view>

// Which settings messages name and which commands they advise is data, see next_step.hpp. How users write them is known
// only to the program around this code: on a command line, "--rate" and "koobatch resume REPORT".

namespace koobatch {

/// How users write settings and commands.
struct Spelling {
  /// `value`: empty: the setting alone is named, or it is a switch.
  std::string (*setting)(SettingName setting, std::string_view value);
  std::string (*step)(const NextStep& step);
};
/// Installs the program's spelling. To be called before other threads start; until then, names are written as they are.
void use_spelling(const Spelling& spelling);

/// As users write it: "--rate", or with a value "--format csv".
std::string spell(SettingName setting, std::string_view value = {});
/// As users call it: "koobatch resume 'my report' --max-errors N".
std::string spell(const NextStep& step);

}  // namespace koobatch
