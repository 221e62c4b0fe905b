#pragma once
#include "koobatch/koodrive/field_rule.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace koobatch::koodrive {

/// Where a field travels in the request.
enum class FieldPlace : std::uint8_t { path, body, header };
enum class FieldType : std::uint8_t {
  text,
  integer,
  boolean,
  text_list,
  object,  ///< of texts, integers and booleans: flat
};

/// The most fields an operation of the table has, and the most that the operations on one kind of resource can set.
constexpr std::size_t max_fields = 32;
/// The most of them that travel as header fields.
constexpr std::size_t max_header_fields = 4;

/// What makes a value in the path need a closer look: some gateways decode it before they choose a route.
constexpr std::string_view suspicious_in_path = "/\\%";

/// The most characters of a field that travels as header field, and of X-User-Id and language.
constexpr std::size_t max_header_value = 128;

/// A set of what operations on one kind of resource can set: bit i stands for FieldRow::target i, so that fields of
/// different operations can be compared.
using FieldSet = std::uint32_t;
static_assert(max_fields <= 8 * sizeof(FieldSet));

/// The bytes of a text that need no closer look.
using PlainBytes = std::array<bool, 256>;

/// One field of an operation. The members from `plain` on are derived by the catalogue; without it, no text is plain.
struct FieldRow {
  static constexpr std::uint8_t no_target = 0xff;

  std::string_view name;
  FieldType type = FieldType::text;
  FieldPlace place = FieldPlace::body;
  bool required = false;
  FieldRule rule{};
  std::string_view header{};  ///< the name of the header field; for fields that travel there
  /// What the field sets, as far as other operations on the same resource may set it too; empty: what its name says.
  std::string_view sets{};
  /// It determines what is changed or, if repeatable_if depends on it, how, and is not itself a value to be set.
  bool selects = false;

  /// Whether the text keeps every rule if its bytes are plain, too; for an identifier, if it consists of digits. That
  /// it has another size proves nothing.
  bool has_plain_size(std::string_view text) const { return text.size() >= plain_min && text.size() <= plain_max; }
  bool has_plain_bytes(std::string_view text) const {
    const auto scanned = text.substr(0, plain_scan);
    return std::all_of(scanned.begin(), scanned.end(),
                       [bytes = plain](char c) { return (*bytes)[static_cast<unsigned char>(c)]; });
  }

  const PlainBytes* plain = nullptr;
  std::size_t plain_scan = 0;  ///< how many of a text's bytes must be plain
  std::size_t plain_min = 1;
  std::size_t plain_max = 0;
  std::uint8_t target = no_target;  ///< the number of what it sets; none: it sets nothing
  bool is_fixed = false;            ///< it sets something, and the operation cannot be sent without it
  bool identifies = false;          ///< together with the key, it determines what is changed
  /// The segments of the path that name other operations where this field stands.
  std::span<const std::string_view> taken{};
};

/// With these values of a field, an operation may be repeated.
struct RepeatCondition {
  std::size_t field;                          ///< an index
  std::span<const std::int64_t> numbers{};    ///< of an integer or, as 0 and 1, of a boolean
  std::span<const std::string_view> texts{};  ///< of a text
};

/// One kind of operation. The validator, the request renderer, the simulator and the documentation all read this row:
/// adding an operation is adding a row.
struct OperationRow {
  std::string_view name;    ///< the `op` of a job line
  std::string_view method;  ///< HTTP method
  std::string_view target;  ///< path, with `{field}` as the segment where a path field goes
  std::span<const FieldRow> fields;
  std::size_t key_field = 0;    ///< index of the field that identifies the changed resource, or begins to
  std::string_view key_prefix;  ///< "folder:", so that keys of different kinds never meet
  std::string_view key_rest{};  ///< what follows key_field in the key: "/{userId}"; empty for nearly all
  bool idempotent = false;      ///< whether an attempt with an unclear outcome may be repeated
  std::span<const RepeatCondition> repeatable_if{};  ///< ... only if all of these hold
  std::uint32_t at_least_one_of = 0;  ///< the fields of which one must be there, by index; 0: no such rule
  bool answers_id = false;            ///< a success may carry an identifier, which then must be the one asked for
  std::string_view id_member = "id";  ///< the member that carries it
  std::span<const std::uint16_t> success_http{};  ///< the statuses of a success; empty: 200
  std::int64_t success_code = 0;                  ///< the `code` of a success
  std::string_view summary{};                     ///< for people: "Rename a shared folder"

  /// Whether success is what the service's pages document nearly everywhere: 200, and code 0.
  constexpr bool succeeds_as_usual() const { return success_http.empty() && success_code == 0; }
};

/// The operations that a job may hold. Passed to the readers of jobs and the simulator, so that a run and the
/// simulator may know different ones. Immutable, so that threads can share it; operations point into it, so it outlives
/// them.
class OperationCatalogue {
 public:
  /// Preconditions: every row is sound, see is_sound(); names are distinct; the operations on one key prefix set at
  /// most max_fields different things. What the rows point to outlives the catalogue, or is owned by `texts`.
  explicit OperationCatalogue(std::vector<OperationRow> rows, std::shared_ptr<const void> texts = {});
  ~OperationCatalogue();
  OperationCatalogue(OperationCatalogue&&) noexcept;
  OperationCatalogue(const OperationCatalogue&) = delete;
  OperationCatalogue& operator=(const OperationCatalogue&) = delete;

  std::span<const OperationRow> rows() const { return rows_; }
  /// The operation called `name`; null if there is none.
  const OperationRow* find(std::string_view name) const;
  /// Where in rows() a row stands. Precondition: it is one of this catalogue's.
  std::size_t index_of(const OperationRow& row) const;
  /// The rows in the order in which a path is compared with them: the longest literal beginning first.
  const std::vector<const OperationRow*>& routes() const { return routes_; }

 private:
  struct Prepared;
  std::vector<OperationRow> rows_;
  std::vector<const OperationRow*> routes_;
  std::unique_ptr<Prepared> prepared_;  ///< what the rows point to, besides constants
  std::shared_ptr<const void> texts_;
};

/// Whether a row keeps what everything else takes for granted: a required text or integer as key, and in the target
/// exactly the placeholders of its path fields, which are required identifiers.
bool is_sound(const OperationRow& row);

/// What the service offers.
const OperationCatalogue& service_catalogue();

}  // namespace koobatch::koodrive
