#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/report/line_set.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

/// Repeats what did not succeed in a run, without undoing later changes.
namespace koobatch::retry {

/// The states of a job's operations, as far as a selection needs them.
struct LineStates {
  report::LineSet wanted;     ///< to be repeated, unless superseded
  report::LineSet unsettled;  ///< of the wanted ones, those that may have been applied (`unknown`)
  report::LineSet succeeded;
};

/// Which operations to repeat, and with which fields.
struct Selection {
  struct Narrowed {
    std::uint32_t line = 0;
    koodrive::FieldSet without = 0;  ///< what not to set
  };

  report::LineSet lines;           ///< the operations to repeat
  report::LineSet unsettled;       ///< of these and those left out, what may have been applied already
  std::vector<Narrowed> narrowed;  ///< the lines of whose values some were set again; ascending
  /// Operations left out because later ones set again all that they would set, or a part of it without which they
  /// cannot be sent.
  std::uint64_t superseded = 0;
  /// The lines of those of which only a part was set again: the rest of what they would set is set by nothing.
  std::vector<std::uint32_t> superseded_in_part;
  std::uint64_t uncertain =
      0;  ///< operations left out because they may have been applied, and must not be applied twice

  /// What to leave out of the operation on `line`.
  koodrive::FieldSet without(std::uint32_t line) const;
};

/// Decides which operations to repeat. It is shown the wanted and the succeeded operations of a job in file order,
/// which is the order in which operations on one key take effect. If a later operation, of this kind or another, set
/// something successfully, the wanted operation must not set it again: the newer value would be lost. An operation that
/// failed, was rejected or is unknown supersedes nothing.
///
/// Memory: 16 bytes per wanted operation, about 50 per key of those, nothing for the others. A key is identified by its
/// hash: with ten million keys, the probability that two collide is about one in a million.
class Selector {
 public:
  /// What an operation changes, and with what: see koodrive::Fields.
  struct Change {
    std::uint64_t key = 0;
    koodrive::FieldSet targets = 0;
    koodrive::FieldSet removable = ~koodrive::FieldSet{0};
    koodrive::Part part{};
  };
  void add_wanted(std::uint32_t line, const Change& change);
  void add_succeeded(std::uint32_t line, const Change& change);
  /// Leaves `unsettled` and `uncertain` empty.
  Selection finish();

 private:
  struct Wanted {
    std::uint32_t line;
    std::uint32_t key;  ///< index into last_set_
    koodrive::FieldSet targets;
    koodrive::FieldSet removable;
  };
  /// The line of the last succeeded operation that set each of the first targets.
  using LastSet = std::array<std::uint32_t, 8>;
  /// The same for all targets, of a part of a resource.
  struct PartSet {
    koodrive::Part part;
    std::array<std::uint32_t, koodrive::max_fields> last{};
  };

  void set(std::uint32_t key, unsigned target, std::uint32_t line);
  void set_part(std::uint32_t key, const Change& change, std::uint32_t line);
  std::uint32_t last_set(std::uint32_t key, unsigned target) const;
  koodrive::FieldSet find_superseded(const Wanted& wanted) const;

  boost::unordered_flat_map<std::uint64_t, std::uint32_t> keys_;
  std::vector<LastSet> last_set_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> last_set_more_;  ///< of the other targets, which are rare
  std::vector<Wanted> wanted_;
  // Operations that change a part of a resource are rare, too.
  boost::unordered_flat_map<std::uint32_t, std::vector<PartSet>> parts_;   ///< by key
  boost::unordered_flat_map<std::uint32_t, koodrive::Part> wanted_parts_;  ///< by line
};

/// Reads the job to its end with `reader` and selects what `states` wants, except non-idempotent operations that may
/// have been applied: only a person can decide whether to repeat those. An error (usage) if a wanted line has no
/// operation: the report then belongs to another job.
Result<Selection> select(job::Reader& reader, LineStates states);

/// Whether what operations of this kind change can be read.
using IsReadable = std::function<bool(const koodrive::OperationRow&)>;

/// Reads the job to its end and selects the operations that were applied (`succeeded`) or may have been (`wanted`), as
/// far as no later one of them has set the same, and as what they change can be read.
Result<Selection> select_applied(job::Reader& reader, const LineStates& states, const IsReadable& is_readable);

}  // namespace koobatch::retry
