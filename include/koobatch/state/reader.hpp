#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/job/fingerprint.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/koodrive/rules.hpp"
#include "koobatch/state/item.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::state {

/// What a file of items is read as.
enum class Role : std::uint8_t {
  present,  ///< the state as it was exported
  desired,  ///< how it should be
};

/// How a state was read: the last line of its file.
struct StateSummary {
  WallTime from{}, to{};     ///< when the first and the last item was read
  std::uint64_t users = 0;   ///< whose items these are
  std::uint64_t items = 0;   ///< the lines before
  bool is_complete = false;  ///< whether everything of these users was read
  std::string endpoint{};    ///< of the service that was read; empty: the file does not say
};
/// Appends the line, without a line end.
void append_summary(std::string& out, const StateSummary& summary);

/// A spreadsheet's row that is no longer as it was exported, besides what is meant to be changed.
struct MangledRow {
  std::uint32_t line = 0;
  const koodrive::ResourceKind* kind = nullptr;  ///< null: the row does not name one
  std::string id;                                ///< as it is now
  std::uint64_t check = 0;                       ///< of the row as it was exported
};

/// Reads the items of a file, one after the other.
class ItemReader {
 public:
  enum class Found {
    entry,
    invalid,  ///< see violations(); reading continues with the next record
    end,
  };

  virtual ~ItemReader() = default;
  /// Reads the next record into `entry`, whose memory is reused.
  virtual Result<Found> next(Entry& entry) = 0;
  /// The physical line on which the last record starts.
  virtual std::uint32_t line() const = 0;
  /// What is wrong with the last record.
  virtual const std::vector<koodrive::Violation>& violations() const = 0;
  /// If that is because a program has changed cells of a spreadsheet's row: the row. Otherwise null.
  virtual const MangledRow* mangled() const { return nullptr; }
  /// How the state was read, if the file says so. Known at its end.
  virtual const StateSummary* summary() const { return nullptr; }
  /// The digest of the file's bytes. Complete at its end.
  virtual job::Digest digest() const = 0;
};

/// Reads one JSON object per line. The catalogue must outlive the reader.
std::unique_ptr<ItemReader> read_ndjson(job::LineSplitter lines, const koodrive::ResourceCatalogue& kinds, Role role);

/// Reads CSV as append_csv_item() writes it, or as a spreadsheet saves that, beginning with the header row: an error
/// (job) if that is unusable. As the present state, it has the values as they were exported. As the desired state, it
/// has those in columns such as `new_name`. `name`: the file's name, for messages. The catalogue must outlive the
/// reader.
Result<std::unique_ptr<ItemReader>> read_csv(job::LineSplitter lines, const koodrive::ResourceCatalogue& kinds,
                                             Role role, const std::string& name);

/// Opens a file, which may be compressed, or in another encoding if it has a byte order mark.
Result<std::unique_ptr<ItemReader>> open_items(const std::filesystem::path& path, job::Format format,
                                               const koodrive::ResourceCatalogue& kinds, Role role);

}  // namespace koobatch::state
