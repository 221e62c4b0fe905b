#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace koobatch::koodrive {

/// Where a field travels in the request.
enum class FieldPlace : std::uint8_t { path, body };
enum class FieldType : std::uint8_t { text, integer, text_list };

/// The documented rule a field's value must keep, beyond its type.
enum class FieldRule : std::uint8_t {
  none,                ///< any value of the type
  not_empty,           ///< an identifier
  path_segment,        ///< an identifier that is one segment of the path: not empty, not "." or ".."
  optional_id,         ///< an identifier, or empty
  shared_folder_name,  ///< "Renaming a Shared Folder", fileName
  album_name,          ///< "Updating an Album", name
  scope_dir_list,      ///< "Updating an Album", scopeDirList: identifiers
  scope_kind,          ///< "Updating an Album", scopeKind
};

/// Whether a value, or each item of a list, is an identifier.
constexpr bool is_identifier(FieldRule rule) {
  return rule == FieldRule::not_empty || rule == FieldRule::path_segment || rule == FieldRule::optional_id ||
         rule == FieldRule::scope_dir_list;
}
/// Whether a value is a name that people chose.
constexpr bool is_name(FieldRule rule) {
  return rule == FieldRule::shared_folder_name || rule == FieldRule::album_name;
}

struct FieldRow {
  std::string_view name;
  FieldType type;
  FieldPlace place;
  bool required;
  FieldRule rule;
};

/// The most fields an operation of the table has.
constexpr std::size_t max_fields = 8;

/// A set of an operation's fields: bit i stands for row.fields[i].
using FieldSet = std::uint8_t;
static_assert(max_fields <= 8 * sizeof(FieldSet));

/// One kind of operation. The validator, the request renderer, the simulator and the documentation all read this row:
/// adding an operation is adding a row.
struct OperationRow {
  std::string_view name;    ///< the `op` of a job line
  std::string_view method;  ///< HTTP method
  std::string_view target;  ///< path, with `{field}` where the path field goes
  std::span<const FieldRow> fields;
  std::size_t key_field;        ///< index of the field that identifies the changed resource
  std::string_view key_prefix;  ///< "folder:", so that keys of different kinds never meet
  bool idempotent;              ///< whether an attempt with an unclear outcome may be repeated
  bool needs_optional;          ///< at least one of the optional fields must be there
  bool answers_id;              ///< a success may carry `id`, which then must be the one asked for
};

/// The operations that a job may hold. Passed to the readers of jobs and the simulator, so that a run and the
/// simulator may know different ones. Immutable, so that threads can share it; operations point into it, so it outlives
/// them.
class OperationCatalogue {
 public:
  /// Preconditions: every row is sound, see is_sound(); names are distinct, and so are key prefixes, because a FieldSet
  /// says nothing about the fields of another row. What the rows point to outlives the catalogue.
  explicit OperationCatalogue(std::vector<OperationRow> rows);

  std::span<const OperationRow> rows() const { return rows_; }
  /// The operation called `name`; null if there is none.
  const OperationRow* find(std::string_view name) const;
  /// Where in rows() a row stands. Precondition: it is one of this catalogue's.
  std::size_t index_of(const OperationRow& row) const;

 private:
  std::vector<OperationRow> rows_;
};

/// Whether a row keeps what everything else takes for granted: a required text field as key, and in the target exactly
/// the placeholder of its one path field, if it has one.
bool is_sound(const OperationRow& row);

/// What the service offers.
const OperationCatalogue& service_catalogue();

}  // namespace koobatch::koodrive
