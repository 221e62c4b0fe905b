#pragma once
#include "koobatch/core/error.hpp"

#include <cstddef>
#include <string_view>

namespace koobatch::cli {

/// Writes results to standard output without buffering. False if the reader has closed the pipe, which is not an error:
/// it has read enough. Any other failure is an error (fatal).
Result<bool> write_output(std::string_view text);

/// The style of texts for standard output: colours only on a terminal, and not if NO_COLOR is set.
struct OutputStyle {
  bool colour = false;
  std::size_t width = 80;
};
OutputStyle output_style();

/// Prints "koobatch: MESSAGE" to standard error (as a log entry with --log-format json) and returns the error's exit
/// status.
int fail(const Error& error);

}  // namespace koobatch::cli
