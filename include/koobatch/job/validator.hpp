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

/// "fileName: too long; id: is missing": what is wrong with one operation.
std::string in_words(const std::vector<koodrive::Violation>& violations);

struct Validation {
  std::uint64_t operations = 0;   ///< records, valid or not
  std::uint64_t invalid = 0;      ///< records with at least one broken rule
  std::uint64_t violations = 0;   ///< the total number of broken rules
  bool cut_short = false;         ///< an error may hide operations: nothing may be skipped
  bool wrong_as_a_whole = false;  ///< an error concerns all operations together: skipping some does not help
  Digest digest;
  std::shared_ptr<const Fingerprint> fingerprint;  ///< of everything read: what is sent must be the same
  std::vector<std::string> first_errors;           ///< as messages, at most max_listed_errors
  std::vector<OddityCount> oddities;               ///< each kind once
  std::string lost_digits;         ///< why digits may be missing from identifiers, if Oddity::digits_lost was found
  std::string hint;                ///< the likely cause of the errors; empty: unknown
  std::vector<std::string> notes;  ///< see Reader::notes()
};

constexpr std::size_t max_listed_errors = 20;

/// A further check of an operation that breaks no rule of its own: returns why it cannot be sent, or nothing.
using FurtherCheck = std::function<std::optional<koodrive::Violation>(const Reader&)>;

/// Called for every broken rule as it is found, with its message: there may be more than fit in memory.
using ViolationListener = std::function<void(const std::string&)>;

/// Reads the whole job and checks every operation. If the settings are strict, oddities are errors. An Error only if
/// the file itself cannot be read, or is not what the settings expect.
Result<Validation> validate(const std::filesystem::path& path, const ReaderSettings& settings,
                            const FurtherCheck& further_check = {}, const ViolationListener& on_violation = {});

}  // namespace koobatch::job
