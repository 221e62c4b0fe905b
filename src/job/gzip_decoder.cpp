#include "job/archive_decoder.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace koobatch::job {
namespace {

/// The largest window, plus 16 for "a gzip header and nothing else".
constexpr int window_bits = 15 + 16;
constexpr uLong magic_size = 2;

uInt limited(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

class GzipDecoder final : public ArchiveDecoder {
 public:
  GzipDecoder() {
    if (::inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~GzipDecoder() override { ::inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  Step decode(std::string_view input, char* out, std::size_t size) override {
    // zlib only reads through this pointer, though its type lacks a const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = limited(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = limited(size);
    const uInt given = stream_.avail_in;
    const uInt room = stream_.avail_out;
    const int code = ::inflate(&stream_, Z_NO_FLUSH);
    Step step{given - stream_.avail_in, room - stream_.avail_out, code == Z_STREAM_END, {}};
    const bool needs_input = code == Z_BUF_ERROR && stream_.avail_in == 0;
    if (code != Z_OK && code != Z_STREAM_END && !needs_input) step.damage = describe(code);
    return step;
  }

  void restart() override { ::inflateReset(&stream_); }
  std::string_view format() const override { return "gzip"; }
  std::string_view part() const override { return "member"; }
  bool may_be_padded() const override { return true; }

 private:
  std::string describe(int code) const {
    if (code == Z_DATA_ERROR && stream_.total_in <= magic_size) return "the bytes there are not gzip";
    return stream_.msg != nullptr ? stream_.msg : ::zError(code);
  }

  z_stream stream_{};
};

}  // namespace

std::unique_ptr<ArchiveDecoder> make_gzip_decoder() {
  return std::make_unique<GzipDecoder>();
}

}  // namespace koobatch::job
