#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::test {

/// What a terminal shows, including everything scrolled away, as far as koobatch uses it. ASCII takes one column per
/// byte; columns of anything else are approximate.
class Screen {
 public:
  /// What happens to rows when the terminal's width changes.
  enum class Resizing {
    reflow,  ///< rows are wrapped again, as most terminals do
    cut,     ///< what does not fit is lost, as in xterm
  };
  Screen(std::size_t width, Resizing resizing) : width_(width), resizing_(resizing) {}

  void write(std::string_view bytes);
  void resize(std::size_t width);
  /// Without trailing blanks.
  std::vector<std::string> rows() const;
  /// The last non-empty row.
  std::string last_row() const;

 private:
  void put(char c);
  void obey();
  std::size_t row_begin() const;

  std::size_t width_;
  Resizing resizing_;
  std::vector<std::string> lines_{1};  ///< each at its full length; rows result from wrapping
  std::size_t line_ = 0;               ///< of the cursor
  std::size_t column_ = 0;             ///< within the line
  bool wraps_ = true;
  std::string sequence_;  ///< an incomplete escape sequence
};

}  // namespace koobatch::test
