#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/byte_source.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace koobatch::job {

enum class Compression { none, gzip, zstd };

/// As many bytes as it takes to recognise any of them.
constexpr std::size_t compression_magic_size = 4;

/// By the first bytes of a file: compression_magic_size of them, or the whole file if it is shorter. A file that ends
/// within an archive's first bytes is taken for one, cut off: it is nothing else that could be a job.
Compression compression_of(std::string_view first_bytes);

/// The bytes of a job as they were before it was compressed, in bounded memory; the source itself if it was not. The
/// digest stays that of the stored bytes. Members or frames one after the other are one text. An archive that is cut
/// off, damaged, or followed by anything else (but for the zeros that gzip allows) is an error (job), never an end.
/// `name`: the job's, for messages.
Result<std::unique_ptr<ByteSource>> decompress(std::unique_ptr<ByteSource> stored, std::string name);

}  // namespace koobatch::job
