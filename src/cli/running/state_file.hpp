#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/reading/notes.hpp"
#include "koobatch/state/reader.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace koobatch::cli {

/// What became of an export.
struct Collected {
  state::StateSummary summary;
  std::uint64_t unread_walks = 0;       ///< lists that could not be read
  std::uint64_t unread_users = 0;       ///< users with such lists
  std::uint64_t unstable_walks = 0;     ///< lists that kept changing
  std::uint64_t unconfirmed_walks = 0;  ///< lists whose end was not asked for once more
  std::uint64_t unreadable_items = 0;
  std::uint64_t doubles = 0;                      ///< items that several users have, each written once
  std::vector<reading::Unreadable> unreadable{};  ///< the first few
  std::vector<std::string> instabilities{};       ///< the first few, with their user
};

/// The state that a finished report of walks holds, as a file: of each item what was read last by the first of the
/// users who have it. What unfinished walks have read is left out.
struct StateFile {
  std::filesystem::path path;
  job::Format format = job::Format::ndjson;
  std::vector<const koodrive::ResourceKind*> kinds;
  std::size_t lists = 1;    ///< of each user
  std::uint64_t users = 0;  ///< of the export
  std::string endpoint;     ///< for the state's last line
};

/// Writes the file, whole or not at all, with mode 0600, compressed if its name says so. It must not exist. Takes
/// memory for 4 bytes a list, and for those items that several users have.
Result<Collected> write_state(const std::filesystem::path& report, const koodrive::ResourceCatalogue& kinds,
                              const StateFile& file);

}  // namespace koobatch::cli
