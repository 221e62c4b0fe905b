#pragma once
#include "koobatch/core/error.hpp"

namespace koobatch::cli {

/// From here on standard input, output and error are taken, also where whoever started us had closed them: a file
/// opened later would get the number, and what is written to the stream would end up in it. To be called before
/// anything else is opened. Reading or writing such a stream fails as it does with a closed one.
Result<void> occupy_standard_streams();

}  // namespace koobatch::cli
