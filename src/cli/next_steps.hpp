#pragma once

namespace koobatch::cli {

/// Has messages write settings as flags and next steps as command lines. To be called before other threads start.
void use_command_line_spelling();

}  // namespace koobatch::cli
