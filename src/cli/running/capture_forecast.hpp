#pragma once
#include "koobatch/job/validator.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace koobatch::cli {

/// Counts, while a job is validated, which of its operations change what can be read before.
class CaptureForecast {
 public:
  /// The check, counting what passes it as well. This must outlive it.
  job::FurtherCheck counting(job::FurtherCheck check);

  /// Warns of operations that cannot be undone, because nothing reads what they change.
  void warn() const;
  /// "the items of 3 of 4 operations would be read first": for people.
  std::string describe() const;

 private:
  std::uint64_t readable_ = 0;
  std::uint64_t all_ = 0;
  std::map<std::string_view, std::uint64_t> unreadable_;  ///< by operation
};

}  // namespace koobatch::cli
