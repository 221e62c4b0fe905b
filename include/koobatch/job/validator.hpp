#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/oddity.hpp"
#include "koobatch/job/reader.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::job {

/// "jobs/rename.ndjson:17: fileName: contains '*', which is not allowed (< > | : * ? \" /)"
std::string format_violation(const std::filesystem::path& path, std::uint32_t line,
                             const koodrive::Violation& violation);

struct Validation {
  std::uint64_t operations = 0;   ///< records, valid or not
  std::uint64_t invalid = 0;      ///< records with at least one broken rule
  std::uint64_t violations = 0;   ///< broken rules in all
  bool cut_short = false;         ///< operations may be hidden behind an error: nothing may be skipped
  bool wrong_as_a_whole = false;  ///< an error is about all operations together: skipping some does not help
  Digest digest;
  std::shared_ptr<const Fingerprint> fingerprint;  ///< of all that was read: what is sent must be the same
  std::vector<std::string> first_errors;           ///< formatted, at most max_listed_errors
  std::vector<OddityCount> oddities;               ///< what is odd, each kind once
  std::string lost_digits;         ///< why digits may be missing from identifiers, if that is among the oddities
  std::string hint;                ///< what the errors may be due to; empty: nothing to say
  std::vector<std::string> notes;  ///< see Reader::notes()
};

constexpr std::size_t max_listed_errors = 20;

/// What else is to be wrong with an operation that breaks no rule of its own: nothing, or why it cannot be sent.
using FurtherCheck = std::function<std::optional<koodrive::Violation>(const Reader&)>;

/// Is told of every broken rule as it is found, formatted: there may be more than fit in memory.
using ViolationListener = std::function<void(const std::string&)>;

/// Reads the whole job and checks every operation. If the settings are strict, what is odd is an error. An Error only
/// if the file itself cannot be read, or is not what the settings expect.
Result<Validation> validate(const std::filesystem::path& path, const ReaderSettings& settings,
                            const FurtherCheck& further_check = {}, const ViolationListener& on_violation = {});

}  // namespace koobatch::job
