#pragma once
#include "koobatch/core/wiping_allocator.hpp"

#include <optional>
#include <string_view>

namespace koobatch::koodrive {

/// Removes a UTF-8 byte order mark from the front.
std::string_view without_byte_order_mark(std::string_view body);

/// A body that is not UTF-8, converted to it: by its byte order mark, else by the charset that its Content-Type names,
/// else as GB18030, which includes GBK and GB 2312, if all of it is valid in that. Nothing if the body is UTF-8
/// already, or in none of these encodings.
std::optional<WipedString> to_utf8(std::string_view body, std::string_view content_type);

/// How a body is compressed, by its Content-Encoding or by its first bytes; empty if it is not. Safe to print.
std::string_view compression_of(std::string_view content_encoding, std::string_view body);

}  // namespace koobatch::koodrive
