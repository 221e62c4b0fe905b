#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/report/record.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>

/// Operations from a file (--operations).
namespace koobatch::cli {

struct LoadedOperations {
  std::shared_ptr<const koodrive::OperationCatalogue> catalogue;  ///< with those known before
  report::OperationsRecord file;
};

/// Reads such a file, once, besides the operations that are known anyway. Whoever can write the file decides what is
/// sent, so it must be a regular file and not a link; one that others may write is warned of.
Result<LoadedOperations> read_operations_file(const std::filesystem::path& path,
                                              std::span<const koodrive::OperationRow> known);

/// The service's operations, with those of a file, if one is named.
Result<std::shared_ptr<const koodrive::OperationCatalogue>> operations_for(const std::filesystem::path& file);

/// Adds the operations of settings.operations_path, if there is one, to those that the job may hold.
Result<void> load_operations(engine::RunSettings& settings);

/// Checks that a run is continued with the operations it was begun with.
Result<void> check_same_operations(const report::RunRecord& recorded,
                                   const std::optional<report::OperationsRecord>& now);

}  // namespace koobatch::cli
