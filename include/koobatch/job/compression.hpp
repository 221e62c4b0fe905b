#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/byte_source.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace koobatch::job {

enum class Compression { none, gzip, zstd };

/// The number of bytes needed to recognise any of them.
constexpr std::size_t compression_magic_size = 4;

/// The compression of a file with these first bytes: compression_magic_size of them, or the whole file if it is
/// shorter. A file that ends within an archive's magic number is taken for one that was cut off, because it cannot be a
/// job.
Compression compression_of(std::string_view first_bytes);

/// Decompresses a text, in bounded memory; returns `stored` itself if it is not compressed. The digest remains that of
/// the stored bytes. Consecutive members or frames are one text. An archive that is cut off, damaged, or followed by
/// anything else (except zeros, where the format allows them) is an error (job), never an end. `name`: the file's name,
/// for messages.
Result<std::unique_ptr<ByteSource>> decompress(std::unique_ptr<ByteSource> stored, std::string name);

}  // namespace koobatch::job
