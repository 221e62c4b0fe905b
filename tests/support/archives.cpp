#include "archives.hpp"

#include <zlib.h>
#include <zstd.h>

#include <memory>
#include <stdexcept>

namespace archives {
namespace {

struct Free {
  void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
};
using Compressor = std::unique_ptr<ZSTD_CCtx, Free>;

Compressor make_compressor() {
  Compressor context(::ZSTD_createCCtx());
  ::ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  return context;
}

/// Compressed as a stream, so that the frame does not hold the text's size unless it was pledged.
std::string compress(ZSTD_CCtx* context, std::string_view text, ZSTD_EndDirective first) {
  std::string out(::ZSTD_compressBound(text.size()) + 64, '\0');
  ZSTD_inBuffer from{text.data(), text.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  std::size_t left = ::ZSTD_compressStream2(context, &to, &from, first);
  if (::ZSTD_isError(left) == 0 && first != ZSTD_e_end) left = ::ZSTD_compressStream2(context, &to, &from, ZSTD_e_end);
  if (left != 0) throw std::runtime_error("zstd did not compress");
  out.resize(to.pos);
  return out;
}

}  // namespace

std::string gzip(std::string_view text) {
  z_stream stream{};
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("gzip did not start");
  }
  std::string out(::deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::runtime_error("gzip did not compress");
  return out;
}

std::string zstd(std::string_view text) {
  return compress(make_compressor().get(), text, ZSTD_e_end);
}

std::string zstd_with_window(std::string_view text, int window_log) {
  const auto context = make_compressor();
  ::ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
  return compress(context.get(), text, ZSTD_e_flush);
}

std::string skippable_frame(std::string_view content) {
  std::string out = "\x53\x2a\x4d\x18";
  for (unsigned i = 0; i < 4; ++i) out += static_cast<char>(content.size() >> (8 * i));
  return out.append(content);
}

}  // namespace archives
