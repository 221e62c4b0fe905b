#include "koobatch/retry/job_output.hpp"

#include <zlib.h>
#include <zstd.h>
#include <boost/algorithm/string/case_conv.hpp>

#include <array>
#include <cassert>
#include <new>

namespace koobatch::retry {
namespace {

constexpr mode_t private_mode = 0600;
constexpr std::size_t step_size = 64 * 1024;

class GzipPacker final : public Packer {
 public:
  GzipPacker() {
    constexpr int largest_window = 15, gzip_header = 16, usual_memory = 8;
    if (::deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, largest_window + gzip_header, usual_memory,
                       Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~GzipPacker() override { ::deflateEnd(&stream_); }
  GzipPacker(const GzipPacker&) = delete;
  GzipPacker& operator=(const GzipPacker&) = delete;

  void pack(std::string_view text, bool last, std::string& out) override {
    // zlib does not write to its input, but does not say so.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(step_.data());
      stream_.avail_out = static_cast<uInt>(step_.size());
      [[maybe_unused]] const int state = ::deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      assert(state != Z_STREAM_ERROR);
      out.append(step_.data(), step_.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
  std::array<char, step_size> step_;
};

class ZstdPacker final : public Packer {
 public:
  ZstdPacker() : context_(::ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc();
    ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  void pack(std::string_view text, bool last, std::string& out) override {
    ZSTD_inBuffer from{text.data(), text.size(), 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer to{step_.data(), step_.size(), 0};
      left = ::ZSTD_compressStream2(context_.get(), &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
      assert(::ZSTD_isError(left) == 0);
      out.append(step_.data(), to.pos);
    } while (last ? left != 0 : from.pos < from.size);
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::array<char, step_size> step_;
};

}  // namespace

std::unique_ptr<Packer> packer_for(const std::filesystem::path& path) {
  const auto extension = boost::algorithm::to_lower_copy(path.extension().string());
  if (extension == ".gz") return std::make_unique<GzipPacker>();
  if (extension == ".zst" || extension == ".zstd") return std::make_unique<ZstdPacker>();
  return nullptr;
}

Result<JobOutput> JobOutput::create(const std::filesystem::path& path) {
  auto file = NewFile::create(path, private_mode);
  if (!file) return file.error();
  return JobOutput(std::move(*file), packer_for(path));
}

Result<void> JobOutput::write(std::string_view text) {
  return packer_ ? write_packed(text, false) : file_.write(text);
}

Result<void> JobOutput::finish() {
  if (packer_) {
    if (auto written = write_packed({}, true); !written) return written;
  }
  return file_.finish();
}

Result<void> JobOutput::write_packed(std::string_view text, bool last) {
  packed_.clear();
  packer_->pack(text, last, packed_);
  return file_.write(packed_);
}

}  // namespace koobatch::retry
