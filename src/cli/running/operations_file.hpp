#pragma once
#include "cli/settings/setting.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

/// Operations from a file (--operations).
namespace koobatch::cli {

/// Who executes a job.
enum class Executor : std::uint8_t {
  service,
  simulator,  ///< offers more than the service
};
Executor executor_of(const engine::RunSettings& settings);

/// The operations that a job may hold without a file. Never destroyed.
const koodrive::OperationCatalogue& built_in_operations(Executor executor);

struct LoadedOperations {
  std::shared_ptr<const koodrive::OperationCatalogue> catalogue;  ///< with those built in
  std::shared_ptr<const koodrive::ResourceCatalogue> resources;   ///< likewise
  report::OperationsRecord file;
};

/// Reads such a file, once. Anyone who can write the file decides what is sent, so it must be a regular file and not a
/// link; there is a warning about one that others can write. No operation may have the name of one that any executor
/// offers, so that a file is good for all commands or for none.
Result<LoadedOperations> read_operations_file(const std::filesystem::path& path, Executor executor);

/// The service's operations, with those of a file, if one is named.
Result<std::shared_ptr<const koodrive::OperationCatalogue>> operations_for(const std::filesystem::path& file);

/// Adds the operations of settings.operations_path, if there is one, to those that the job may hold.
Result<void> load_operations(engine::RunSettings& settings);

/// The operations that an earlier run knew from a file; nothing if it had none. A flag can say where the file is now.
/// What `given` has from elsewhere is meant for new runs: it is ignored, with a warning if that run had no file. A flag
/// is refused then, and so is a file with other content.
Result<std::optional<LoadedOperations>> read_earlier_operations(const report::RunRecord& recorded,
                                                                const std::filesystem::path& given,
                                                                const Origins& origins, Executor executor);

/// Adds these to those that the job may hold, to continue or repeat that run.
Result<void> load_earlier_operations(engine::RunSettings& settings, const report::RunRecord& recorded,
                                     const Origins& origins);

}  // namespace koobatch::cli
