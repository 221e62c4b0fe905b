#pragma once
#include "koobatch/job/byte_source.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace koobatch::job {

/// The text of a job that is made while it is read, and stored nowhere.
class GeneratedText : public ByteSource {
 public:
  Result<std::size_t> read(char* out, std::size_t size) final;
  /// That of no bytes.
  Digest digest() const final { return {}; }

 protected:
  /// Appends what comes next. Returns false at the end, where nothing is appended.
  virtual bool append_more(std::string& text) = 0;

 private:
  std::string text_;
  std::string_view rest_;  ///< of text_, not yet read
};

}  // namespace koobatch::job
