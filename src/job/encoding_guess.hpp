#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/byte_source.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace koobatch::job {

/// The encoding that a text which is not UTF-8 seems to be in. Nobody can be certain of it but a reader of the sample.
struct EncodingGuess {
  std::string encoding;    ///< as check_encoding() accepts it
  std::uint64_t line = 0;  ///< the first line that is not UTF-8
  std::string sample;      ///< what stands there, if the guess is right
};

/// Reads a text up to where it is not UTF-8, and a little further. Nothing if it is UTF-8, or mostly: then single bytes
/// of it are damaged.
Result<std::optional<EncodingGuess>> guess_encoding(ByteSource& text);

}  // namespace koobatch::job
