#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::postgres {

/// The values of a statement's parameters $1, $2, …, in PostgreSQL's binary format.
class Parameters {
 public:
  Parameters& number(std::int64_t value);
  /// All 64 bits, as a number that may be negative.
  Parameters& bits(std::uint64_t value);
  Parameters& real(double value);
  Parameters& truth(bool value);
  Parameters& text(std::string_view value);
  /// Not copied: must live until the statement has been executed.
  Parameters& bytes(std::string_view value);
  Parameters& numbers(std::span<const std::int64_t> values);
  Parameters& byte_strings(std::span<const std::string_view> values);

  int count() const { return static_cast<int>(types_.size()); }
  const unsigned* types() const { return types_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }
  /// Valid until the next parameter is added.
  std::vector<const char*> values() const;

 private:
  void add(unsigned type, std::string_view value);

  std::vector<unsigned> types_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::string copied_;
  struct Place {
    std::size_t offset = 0;         ///< in copied_
    const char* outside = nullptr;  ///< unless it is there
  };
  std::vector<Place> places_;
};

}  // namespace koobatch::postgres
