#include "koobatch/job/generated_text.hpp"

#include <algorithm>
#include <cstring>

namespace koobatch::job {

Result<std::size_t> GeneratedText::read(char* out, std::size_t size) {
  if (rest_.empty()) {
    text_.clear();
    while (text_.size() < size && append_more(text_)) {
    }
    rest_ = text_;
  }
  const std::size_t taken = std::min(size, rest_.size());
  std::memcpy(out, rest_.data(), taken);
  rest_.remove_prefix(taken);
  return taken;
}

}  // namespace koobatch::job
