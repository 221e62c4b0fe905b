#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/byte_source.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace koobatch::job {

/// Checks that ICU knows an encoding of this name. The error (usage) does not repeat the name.
Result<void> check_encoding(const std::string& name);

/// Decodes bytes for a message: what is invalid becomes U+FFFD. `encoding`: one that check_encoding() accepts.
std::string decoded(std::string_view bytes, const std::string& encoding);

struct DecodedText {
  std::unique_ptr<ByteSource>
      text;              ///< in UTF-8 if `encoding` is not empty; its digest remains that of the stored bytes
  std::string encoding;  ///< what it is converted from; empty: it is not converted
  bool by_mark = false;  ///< whether a byte order mark determined the encoding
};

/// Converts a text to UTF-8, in bounded memory: from `encoding` or, if that is empty, from the UTF-16 or UTF-32 that
/// its byte order mark indicates. Bytes that are invalid in the encoding are an error (job), never replaced. So is a
/// text that contradicts `encoding`, or looks like UTF-16 without a mark. `name`: the job's name, for messages.
Result<DecodedText> decode(std::unique_ptr<ByteSource> bytes, const std::string& encoding, const std::string& name);

}  // namespace koobatch::job
