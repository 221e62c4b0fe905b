#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/core/status.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/effects.hpp"
#include "koobatch/plan/planner.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::plan {

/// How an operation of a run ended, and what was read before it: see Captures.
struct CapturedResult {
  Status status = Status::unknown;
  std::string note{};  ///< the JSON object of the members that say so, or empty: nothing
  unsigned age = 0;    ///< of its report: see CapturedResults::add()
};

/// What the reports of a run, and of the runs that it repeats, say of each operation of a job, however many these are:
/// kept in a temporary file. A segment that was killed has results, too: `unknown`.
class CapturedResults {
 public:
  /// `folder`: where the temporary file is.
  static Result<std::unique_ptr<CapturedResults>> create(const std::filesystem::path& folder);
  ~CapturedResults();

  /// Adds what a line of a report says: one with a result, or with what was read. Reports are added from the latest to
  /// the first one, which `age` numbers, and lines in the order of the report. False if the line cannot be read.
  Result<bool> add(unsigned age, std::uint32_t line, Status status, std::string_view text);
  /// Ends the adding. To be called once, before what follows.
  Result<void> finish();

  /// Takes what is known about this operation, in chronological order. Precondition: lines ascend.
  Result<void> take(std::uint32_t line, std::vector<CapturedResult>& results);

 private:
  struct Store;
  explicit CapturedResults(std::unique_ptr<Store> store);

  std::unique_ptr<Store> store_;
};

/// Adds what the operation has done, as far as it is known what was there before. `otherwise`: how it ended, if there
/// is no result of it.
Result<void> add_effects(const koodrive::Operation& operation, const std::vector<CapturedResult>& results,
                         Status otherwise, const koodrive::ResourceCatalogue& kinds, Effects& effects,
                         const OnLoss& on_loss);

}  // namespace koobatch::plan
