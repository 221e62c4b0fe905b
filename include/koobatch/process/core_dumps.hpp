#pragma once

namespace koobatch::process {

/// Keeps the memory of this process private: from here on a crash leaves no core file, whatever the shell's limits are,
/// and no other process of the same user can read it.
void forbid_core_dumps();

}  // namespace koobatch::process
