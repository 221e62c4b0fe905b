#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/byte_source.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace koobatch::job {

/// Whether ICU knows an encoding of this name. The error (usage) says what is wrong without repeating the name.
Result<void> check_encoding(const std::string& name);

/// The text in bytes of an encoding that check_encoding() accepts, for a message: what cannot be read becomes U+FFFD.
std::string decoded(std::string_view bytes, const std::string& encoding);

struct DecodedText {
  std::unique_ptr<ByteSource>
      text;              ///< in UTF-8, if `encoding` is not empty; its digest stays that of the stored bytes
  std::string encoding;  ///< what it was converted from; empty: it is handed out as it is
  bool by_mark = false;  ///< whether a byte order mark told the encoding
};

/// Converts a text to UTF-8, in bounded memory: from `encoding` or, if that is empty, from the UTF-16 or UTF-32 that
/// its byte order mark says. Bytes that are not of the encoding are an error (job), never replaced. So is a text that
/// contradicts `encoding`, or looks like UTF-16 without a mark. `name`: the job's, for messages.
Result<DecodedText> decode(std::unique_ptr<ByteSource> bytes, const std::string& encoding, const std::string& name);

}  // namespace koobatch::job
