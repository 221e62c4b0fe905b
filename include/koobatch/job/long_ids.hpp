#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace koobatch::job {

/// Counts the identifiers of a job from which a program may have dropped digits. A single one proves nothing, because
/// some identifiers do end in zeros. Many of them do, and so does one that is given two names. Uses bounded memory.
class LongIds {
 public:
  /// How certain it is that digits were lost.
  enum class Verdict : std::uint8_t { none, likely, certain };

  static constexpr std::size_t max_remembered = 1000;

  /// Adds an identifier that consists of digits. Returns whether add_rounded() must be called for it, too. Inline
  /// because it is called for nearly every record.
  bool add(std::string_view digits) {
    if (digits.size() < 18 || digits.size() > 20) return false;
    ++seen_;
    return digits.ends_with("00");
  }
  /// Completes an add() that returned true: `name` is the name that the record sets; empty: it sets none.
  void add_rounded(std::string_view digits, std::string_view name, std::uint32_t line);

  Verdict verdict() const;
  /// The reason for the verdict, and what to do about it, as a sentence. Precondition: there is a verdict.
  std::string reason() const;
  /// The line to name first. Precondition: there is a verdict.
  std::uint32_t line() const;

 private:
  struct Known {
    std::size_t name_hash = 0;
    std::uint32_t line = 0;
  };

  void remember(std::string_view digits, std::string_view name, std::uint32_t line);
  bool spreadsheet_share(std::uint64_t parts) const { return kept_15_ > 0 && kept_15_ * parts >= seen_; }
  bool read_as_doubles() const;
  bool has_clash() const { return clash_line_ != 0; }

  std::uint64_t seen_ = 0;
  std::uint64_t kept_15_ = 0;  ///< those with zeros after the 15th digit
  std::uint64_t kept_17_ = 0;  ///< those with zeros after the 17th
  std::uint32_t line_15_ = 0;  ///< of the first of them
  std::uint32_t line_17_ = 0;  ///< of the first of them
  std::unordered_map<std::string, Known> known_;
  std::string clash_id_;
  std::uint32_t clash_line_ = 0;
  std::uint32_t clash_with_ = 0;
};

}  // namespace koobatch::job
