#pragma once
#include "koobatch/core/error.hpp"

#include <cstddef>
#include <string_view>

namespace koobatch::cli {

/// Writes results to standard output at once. False if nobody reads it any more (a closed pipe), which is no error: the
/// reader has seen enough. Any other failure is an error (fatal).
Result<bool> write_output(std::string_view text);

/// How the texts for standard output should look: colours only for a terminal, and not if NO_COLOR is set.
struct OutputStyle {
  bool colour = false;
  std::size_t width = 80;
};
OutputStyle output_style();

/// Prints "koobatch: MESSAGE" to standard error (as a log entry with --log-format json) and returns the exit status for
/// it.
int fail(const Error& error);

}  // namespace koobatch::cli
