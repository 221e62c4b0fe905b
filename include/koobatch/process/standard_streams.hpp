#pragma once
#include "koobatch/core/error.hpp"

namespace koobatch::process {

/// Opens standard input, output and error where the parent process had closed them: otherwise a file opened later would
/// get the number, and what is written to the stream would end up in the file. Call it before anything else is opened.
/// Reading or writing such a stream fails as it does with a closed one.
Result<void> occupy_standard_streams();

}  // namespace koobatch::process
