#pragma once

namespace koobatch::cli {

/// From here on a crash leaves no image of our memory behind, whatever the shell's limits are, and no other process of
/// the same user may look into it.
void forbid_core_dumps();

}  // namespace koobatch::cli
