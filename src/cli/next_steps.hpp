#pragma once

namespace koobatch::cli {

/// Has messages write settings as flags and next steps as command lines. To be called before other threads start.
void use_command_line_spelling();

/// The same, but where `resume` is meant, the export in progress is advised again: nothing else continues it.
void advise_export();

}  // namespace koobatch::cli
