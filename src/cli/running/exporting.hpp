#pragma once
#include "cli/running/state_file.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/observe/console.hpp"
#include "koobatch/report/record.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// Reads what users have into a file: a run whose operations read lists, and whose report, beside the file, is the
/// journal from which the file is made, and from which an export that was cut short is continued.
namespace koobatch::cli {

/// The kinds of these names, all that can be read if there are none. A usage error names one that is unknown.
Result<std::vector<const koodrive::ResourceKind*>> kinds_to_read(const koodrive::ResourceCatalogue& resources,
                                                                 const std::vector<std::string>& names);

/// The report of the run that reads for `out`.
std::filesystem::path journal_of(const std::filesystem::path& out);

/// Warns of what the file lacks, or may lack.
void warn_of_gaps(const Collected& collected);

/// Called with what was written, once the file is there; returns the exit status.
using Written = std::function<int(const Collected& collected)>;

/// Reads, or continues to read, and writes the file. Returns the exit status. `settings`: complete, but for what an
/// export determines.
int export_state(engine::RunSettings settings, const Running& running, const Presentation& presentation,
                 const std::shared_ptr<observe::Console>& console, const StateFile& wanted, const Written& written);

}  // namespace koobatch::cli
