#pragma once
#include <string>
#include <string_view>

/// Compressed texts for the tests of compressed jobs.
namespace archives {

/// One gzip member.
std::string gzip(std::string_view text);
/// One zstd frame with a checksum.
std::string zstd(std::string_view text);
/// A frame whose reader must keep 2^window_log bytes: it does not say how long its text is.
std::string zstd_with_window(std::string_view text, int window_log);
/// A zstd frame without text, which readers skip.
std::string skippable_frame(std::string_view content);

}  // namespace archives
