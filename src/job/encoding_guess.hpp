#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/byte_source.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace koobatch::job {

/// The encoding that a text which is not UTF-8 seems to have. Only someone who reads the sample can be certain.
struct EncodingGuess {
  std::string encoding;    ///< as check_encoding() accepts it
  std::uint64_t line = 0;  ///< the first line that is not UTF-8
  std::string sample;      ///< the text there, if the guess is right
};

/// Reads a text up to where it is not UTF-8, and a little further. Returns nothing if it is UTF-8, or mostly so: then
/// single bytes are damaged.
Result<std::optional<EncodingGuess>> guess_encoding(ByteSource& text);

}  // namespace koobatch::job
