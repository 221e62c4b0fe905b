#pragma once
#include <string_view>

namespace koobatch::cli {

/// Has messages write settings as flags and next steps as command lines. To be called before other threads start.
void use_command_line_spelling();

/// The same, but where `resume` is meant, the command in progress is advised again, such as "koobatch export", which
/// must outlive the program's messages: nothing else continues what it does.
void advise_again(std::string_view command);

}  // namespace koobatch::cli
