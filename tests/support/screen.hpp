#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::test {

/// What a terminal shows, with all that has scrolled away: as much of one as koobatch uses. ASCII takes a column a
/// byte; of anything else columns are only roughly right.
class Screen {
 public:
  /// What becomes of rows when the terminal gets another width.
  enum class Resizing {
    reflow,  ///< they are broken anew, as most terminals do it
    cut,     ///< what does not fit is lost, as with xterm
  };
  Screen(std::size_t width, Resizing resizing) : width_(width), resizing_(resizing) {}

  void write(std::string_view bytes);
  void resize(std::size_t width);
  /// Without blanks at their ends.
  std::vector<std::string> rows() const;
  /// The last row that is not empty.
  std::string last_row() const;

 private:
  void put(char c);
  void obey();
  std::size_t row_begin() const;

  std::size_t width_;
  Resizing resizing_;
  std::vector<std::string> lines_{1};  ///< each as long as it was written: rows come of breaking it
  std::size_t line_ = 0;               ///< of the cursor
  std::size_t column_ = 0;             ///< within the line
  bool wraps_ = true;
  std::string sequence_;  ///< an escape sequence, as far as it has come
};

}  // namespace koobatch::test
