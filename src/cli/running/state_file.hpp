#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/state/reader.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// From the report of a run whose operations read lists to a file of what there is.
namespace koobatch::cli {

/// A state that is to be exported.
struct StateFile {
  std::filesystem::path path;
  job::Format format = job::Format::ndjson;
  std::shared_ptr<const koodrive::ResourceCatalogue> resources;
  std::vector<const koodrive::ResourceKind*> kinds;  ///< of these; each can be read in lists
  std::shared_ptr<const std::vector<std::string>> users;
  bool is_passing = false;  ///< for one command only: it is not continued, and its path is nobody's business

  /// How many lists each user has.
  std::size_t lists() const;
};

/// What became of it.
struct Collected {
  state::StateSummary summary;
  std::uint64_t unread_lists = 0;
  std::uint64_t unread_users = 0;    ///< users with such lists
  std::uint64_t unstable_lists = 0;  ///< lists that kept changing
  std::uint64_t unreadable_items = 0;
  std::uint64_t shared_items = 0;     ///< items that several users have, each written once
  std::vector<std::string> doubts{};  ///< what is the matter with the first few of these, each with its user
};

/// Writes what a finished report of walks has found, whole or not at all, with mode 0600, compressed if the file's name
/// says so: of each item what was read last by the first of the users who have it. Lists that could not be read to
/// their end are left out. The file must not exist. `endpoint`: of the service that was read.
///
/// Takes memory for 5 bytes a list, and for those items that were read more than once.
Result<Collected> write_state(const std::filesystem::path& report, const StateFile& file, const std::string& endpoint);

}  // namespace koobatch::cli
