#include "koobatch/job/synthetic.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/job/generated_text.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace koobatch::job {
namespace {

class SyntheticText final : public GeneratedText {
 public:
  explicit SyntheticText(SyntheticJob job)
      : job_(std::move(job)), made_up_(job_.folders.empty() && job_.albums.empty()) {}

 private:
  bool append_more(std::string& text) override {
    if (next_ == job_.operations) return false;
    append_line(text);
    ++next_;
    return true;
  }

  void append_line(std::string& text) const {
    const bool both = made_up_ || (!job_.folders.empty() && !job_.albums.empty());
    const bool folder = both ? next_ % 2 == 0 : job_.albums.empty();
    const std::uint64_t turn = both ? next_ / 2 : next_;
    if (folder) {
      append(text, R"({"op":"rename_shared_folder","id":)", "1757156480", job_.folders, turn, R"(,"fileName":)");
    } else {
      append(text, R"({"op":"update_album","albumId":)", "1795607640", job_.albums, turn, R"(,"name":)");
    }
  }

  /// Appends an operation on the ID whose turn it is, with a value that it has not had.
  void append(std::string& text, std::string_view head, std::string_view prefix, const std::vector<std::string>& ids,
              std::uint64_t turn, std::string_view field) const {
    text += head;
    if (made_up_) {
      fmt::format_to(std::back_inserter(text), R"("{}{:09}")", prefix, turn % SyntheticJob::made_up);
    } else {
      append_json_string(text, ids[turn % ids.size()]);
    }
    fmt::format_to(std::back_inserter(text), "{}\"bench {}\"}}\n", field, next_ + 1);
  }

  const SyntheticJob job_;
  const bool made_up_;
  std::uint64_t next_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> make_text(SyntheticJob job) {
  return std::make_unique<SyntheticText>(std::move(job));
}

}  // namespace koobatch::job
