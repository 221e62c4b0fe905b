#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// Where a field travels in the request.
enum class FieldPlace : std::uint8_t { path, body };
enum class FieldType : std::uint8_t { text, integer, text_list };

/// The documented rule a field's value must keep, beyond its type.
enum class FieldRule : std::uint8_t {
  none,                ///< any value of the type
  not_empty,           ///< an identifier
  path_segment,        ///< an identifier that is one segment of the path: not empty, not "." or ".."
  shared_folder_name,  ///< "Renaming a Shared Folder", fileName
  album_name,          ///< "Updating an Album", name
  scope_dir_list,      ///< "Updating an Album", scopeDirList
  scope_kind,          ///< "Updating an Album", scopeKind
};

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
  bool idempotent;              ///< may an attempt with an unclear fate be repeated?
  bool needs_optional;          ///< at least one of the optional fields must be there
  /// Is there an operation like this only in the simulator, for rehearsals and tests?
  bool simulator_only = false;
  bool answers_id;  ///< a success may carry `id`, which then must be the one asked for
};

/// All rows, those known to the simulator only last.
std::span<const OperationRow> operation_table();
/// Those of the service.
std::span<const OperationRow> service_operations();
const OperationRow* find_operation(std::string_view name);

/// A validated operation, rendered: all that sending it and recording its result needs. One buffer holds every text, so
/// that an Operation that is reused allocates nothing once it has grown. Movable; the views live as long as the object
/// is neither moved from nor assigned to.
class Operation {
 public:
  std::uint32_t line() const { return line_; }
  const OperationRow& row() const { return *row_; }
  /// Equal for operations on the same resource. XXH3-64 of key prefix and identifier; two resources that share a value
  /// are merely sent one after the other.
  std::uint64_t key_hash() const { return key_hash_; }
  std::string_view id() const { return view(id_); }      ///< the identifier as in the job, not encoded
  std::string_view user() const { return view(user_); }  ///< X-User-Id; empty if the job and the settings name none
  std::string_view language() const { return view(language_); }  ///< empty: the header is not sent
  std::optional<std::string_view> ref() const { return has_ref_ ? std::optional(view(ref_)) : std::nullopt; }
  std::string_view target() const { return view(target_); }  ///< the request target, percent-encoded once
  std::string_view body() const { return view(body_); }      ///< compact JSON
  /// Bytes this operation holds in memory.
  std::size_t footprint() const { return sizeof(Operation) + text_.capacity(); }

 private:
  friend class OperationBuilder;
  struct Slice {
    std::uint32_t from = 0;
    std::uint32_t size = 0;
  };
  std::string_view view(Slice s) const { return std::string_view(text_).substr(s.from, s.size); }

  std::string text_;
  const OperationRow* row_ = nullptr;
  std::uint64_t key_hash_ = 0;
  std::uint32_t line_ = 0;
  bool has_ref_ = false;
  Slice id_, user_, language_, ref_, target_, body_;
};

/// The fields of one job record or one request body, as read: views into the reader's buffers, valid until it reads on.
struct FieldValue {
  bool present = false;
  bool malformed = false;       ///< present, but of the wrong type: already reported, so check() passes over it
  std::string_view text{};      ///< text: the decoded value; text_list: unused
  std::int64_t integer = 0;     ///< integer
  std::uint32_t list_from = 0;  ///< text_list: [list_from, list_from + list_size) of Fields::list_items
  std::uint32_t list_size = 0;
};

struct Fields {
  const OperationRow* row = nullptr;
  std::array<FieldValue, max_fields> values;  ///< as many as row->fields
  std::vector<std::string_view> list_items;
  std::optional<std::string_view> user_id, language, ref;

  void clear();  ///< keeps the memory
  /// The fields that are there, but for the one that identifies the resource: what the operation changes.
  FieldSet changed() const;
  /// Takes fields out, as if they had never been there. Not the key field.
  void remove(FieldSet unwanted);
};

/// Appends the value of field `index`, which is present, as JSON.
void append_field(std::string& out, const Fields& fields, std::size_t index);

/// A broken rule: which field, and what is wrong with it, e.g. {"fileName", "contains '*', which is not allowed (…)"}.
/// An empty field means the record as a whole.
struct Violation {
  std::string field;
  std::string message;
};

/// Checks every documented rule of the row (presence, values). Appends what is broken to `out`; nothing if all is well.
/// Does not look at `ref`; checks user_id and language if there are any.
void check(const Fields& fields, std::vector<Violation>& out);
/// The rule of X-User-Id and of `language` alone, also for the values that come from a setting: 1 to 128 visible ASCII
/// characters.
void check_user_id(std::string_view value, std::vector<Violation>& out);
void check_language(std::string_view value, std::vector<Violation>& out);

/// Renders `fields`, which passed check(), into `out`, reusing its memory. An absent user or language is taken from
/// `default_user` and `default_language` (both may be empty).
class OperationBuilder {
 public:
  static void build(const Fields& fields, std::uint32_t line, std::string_view default_user,
                    std::string_view default_language, Operation& out);
};

/// Reads one flat JSON object of a request body into `fields` (whose row is set; the value of the path field is the
/// caller's and stays as it is) as strictly as a job line is read. For the simulator. `storage` holds what the views
/// point to, until the next call with it. False if anything was appended to `out`. Does not check the rules: see
/// check().
bool read_body(std::string_view body, Fields& fields, std::string& storage, std::vector<Violation>& out);

/// The row that a request is about and its decoded path field, empty if the row has none.
struct RouteMatch {
  const OperationRow* row = nullptr;
  std::string path_value;
};
/// Finds the row for a request line. The path field is percent-decoded once; nothing for an unknown path or method, a
/// query that is not empty, a bad percent-encoding or one that is not UTF-8. The rules of the field are check()'s
/// affair.
std::optional<RouteMatch> match_route(std::string_view method, std::string_view target);

}  // namespace koobatch::job
