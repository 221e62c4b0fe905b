#include "job/archive_decoder.hpp"

#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <new>

namespace koobatch::job {
namespace {

/// 16 MiB, which the decoder keeps in memory: twice what RFC 8878 requires of every decoder, and enough for `zstd -19`.
constexpr int max_window_log = 24;

struct Free {
  void operator()(ZSTD_DCtx* context) const { ::ZSTD_freeDCtx(context); }
};

std::string describe(std::size_t result) {
  switch (::ZSTD_getErrorCode(result)) {
    case ZSTD_error_prefix_unknown:
      return "the bytes there are not zstd";
    case ZSTD_error_frameParameter_windowTooLarge:
      return fmt::format("it needs more than {} MiB of memory to be read; compress it with zstd -19 or less",
                         (1U << max_window_log) >> 20U);
    default:
      return ::ZSTD_getErrorName(result);
  }
}

class ZstdDecoder final : public ArchiveDecoder {
 public:
  ZstdDecoder() : context_(::ZSTD_createDCtx()) {
    if (!context_) throw std::bad_alloc();
    ::ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, max_window_log);
  }

  Step decode(std::string_view input, char* out, std::size_t size) override {
    ZSTD_inBuffer from{input.data(), input.size(), 0};
    ZSTD_outBuffer to{out, size, 0};
    const std::size_t result = ::ZSTD_decompressStream(context_.get(), &to, &from);
    Step step{from.pos, to.pos, false, {}};
    if (::ZSTD_isError(result) != 0) {
      step.damage = describe(result);
    } else {
      step.part_ended = result == 0;
    }
    return step;
  }

  // A context that has ended a frame expects the next one.
  void restart() override {}
  std::string_view format() const override { return "zstd"; }
  std::string_view part() const override { return "frame"; }
  bool may_be_padded() const override { return false; }

 private:
  std::unique_ptr<ZSTD_DCtx, Free> context_;
};

}  // namespace

std::unique_ptr<ArchiveDecoder> make_zstd_decoder() {
  return std::make_unique<ZstdDecoder>();
}

}  // namespace koobatch::job
