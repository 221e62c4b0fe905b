#include "koobatch/job/synthetic.hpp"

#include "koobatch/core/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace koobatch::job {
namespace {

class SyntheticText final : public ByteSource {
 public:
  explicit SyntheticText(SyntheticJob job)
      : job_(std::move(job)), made_up_(job_.folders.empty() && job_.albums.empty()) {}

  Result<std::size_t> read(char* out, std::size_t size) override {
    if (rest_.empty()) fill(size);
    const std::size_t taken = std::min(size, rest_.size());
    std::memcpy(out, rest_.data(), taken);
    rest_.remove_prefix(taken);
    return taken;
  }

  Digest digest() const override { return {}; }

 private:
  void fill(std::size_t size) {
    text_.clear();
    for (; text_.size() < size && next_ < job_.operations; ++next_) append_line();
    rest_ = text_;
  }

  void append_line() {
    const bool both = made_up_ || (!job_.folders.empty() && !job_.albums.empty());
    const bool folder = both ? next_ % 2 == 0 : job_.albums.empty();
    const std::uint64_t turn = both ? next_ / 2 : next_;
    if (folder) {
      append(R"({"op":"rename_shared_folder","id":)", "1757156480", job_.folders, turn, R"(,"fileName":)");
    } else {
      append(R"({"op":"update_album","albumId":)", "1795607640", job_.albums, turn, R"(,"name":)");
    }
  }

  /// Appends an operation on the ID whose turn it is, with a value that it has not had.
  void append(std::string_view head, std::string_view prefix, const std::vector<std::string>& ids, std::uint64_t turn,
              std::string_view field) {
    text_ += head;
    if (made_up_) {
      fmt::format_to(std::back_inserter(text_), R"("{}{:09}")", prefix, turn % SyntheticJob::made_up);
    } else {
      append_json_string(text_, ids[turn % ids.size()]);
    }
    fmt::format_to(std::back_inserter(text_), "{}\"bench {}\"}}\n", field, next_ + 1);
  }

  const SyntheticJob job_;
  const bool made_up_;
  std::uint64_t next_ = 0;
  std::string text_;
  std::string_view rest_;  ///< of text_, not yet read
};

}  // namespace

std::unique_ptr<ByteSource> make_text(SyntheticJob job) {
  return std::make_unique<SyntheticText>(std::move(job));
}

}  // namespace koobatch::job
