#pragma once
#include "koobatch/core/wiping_allocator.hpp"
#include "koobatch/http/answer.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace koobatch::http {

/// The header that a service sends again and again, the same but for its date, the length of the body, and fields that
/// mean nothing here.
/// Recognises answers with that header without parsing them, which costs a tenth; a parser remains the judge of all
/// others. Not thread-safe. Wipes the header that it kept.
class KnownHeader {
 public:
  /// Learns the header of an answer that a parser accepted, replacing what was known. `header` ends with its empty
  /// line, and `answer` is what it and a body of the size that it states in Content-Length were read as. It must leave
  /// the connection open. A header that cannot serve makes this forget what it knew.
  void learn(std::string_view header, const Answer& answer);

  /// The size of the answer that `bytes` begin with, header and body, if its header is as known and all of it is there:
  /// then `answer`, which must be clear, is filled as the parser would fill it. Otherwise 0.
  std::size_t read(std::string_view bytes, Answer& answer) const;

 private:
  /// A part of the header: so many bytes that do not change, then the value of a field that may.
  struct Part {
    std::size_t fixed = 0;
    std::size_t value = 0;
  };

  bool add_line(std::string_view line, std::size_t at);
  std::optional<std::size_t> body_size(std::string_view bytes) const;

  WipedString header_;       ///< empty: nothing is known
  std::vector<Part> parts_;  ///< of the header, in their order
  std::size_t divided_ = 0;  ///< the bytes of the header that are in `parts_`
  std::size_t date_at_ = 0;
  std::size_t date_size_ = 0;
  std::size_t length_at_ = 0;  ///< where Content-Length's value is
  Answer answer_;              ///< what all such answers have in common: without date and body
};

}  // namespace koobatch::http
