#pragma once
#include <string_view>

namespace koobatch::cli {

/// Has messages write settings as flags and next steps as command lines. To be called before other threads start.
void use_command_line_spelling();

/// The same for a command that is continued only by itself, such as "koobatch export": it is advised where `resume` is
/// meant, and `place`, such as "--out", where messages name the setting that says where the report is. Both must
/// outlive the program's messages.
void advise_again(std::string_view command, std::string_view place);

}  // namespace koobatch::cli
