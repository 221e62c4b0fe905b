#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace koobatch::koodrive {

/// The most members of a resource that are known.
constexpr std::size_t max_resource_fields = 32;

/// A member that answers have for a resource. The members from `type` on are derived by the catalogue.
struct ResourceField {
  static constexpr std::uint8_t no_scope = 0xff;

  std::string_view name;      ///< in files of the present or the desired state: the name under which it is read
  std::string_view at;        ///< where in an answer's resource it is: "/name"
  std::string_view set_by{};  ///< the operation and its field: "rename_shared_folder.fileName"; empty: it only informs
  std::string_view unique_in{};  ///< no two resources have the same value, among those that agree here: "/ownerId"

  FieldType type = FieldType::text;         ///< of what is set
  const OperationRow* operation = nullptr;  ///< null: it only informs, and is not compared
  std::uint8_t operation_field = 0;         ///< an index into the operation's fields
  std::uint8_t scope = no_scope;            ///< the field that unique_in names, an index

  bool is_compared() const { return operation != nullptr; }
  bool is_unique() const { return scope != no_scope; }
  /// The field of the operation. Precondition: is_compared().
  const FieldRow& target() const { return operation->fields[operation_field]; }
};

/// How a list is read page by page.
enum class Paging : std::uint8_t {
  offset,  ///< `offset` and `limit`
  number,  ///< `pageNum`, from 1, and `pageSize`
  cursor,  ///< `pageSize`, and `pageCursor` as the page before names it
};
std::string_view to_string(Paging paging);
/// The paging of this name; nothing if there is none.
std::optional<Paging> paging_named(std::string_view name);

/// The most items that may be asked for at once.
constexpr std::uint32_t max_page_size = 1000;

/// A request that lists resources of the user who asks.
struct ResourceList {
  std::string_view target;  ///< the path, and what its query always has: "/…/list?queryType=1"
  Paging paging = Paging::offset;
  std::uint32_t size = 100;               ///< the most items of a page
  std::string_view items;                 ///< where in an answer the resources are: "/folders"
  std::string_view total{};               ///< where their number is; empty: the service does not say
  std::string_view next = "/nextCursor";  ///< where the cursor of the next page is; none there: it is the last one
};

/// A request for one resource.
struct ResourceShow {
  std::string_view target{};                      ///< a path with the segment {id}; empty: there is no such request
  std::string_view at{};                          ///< where in an answer the resource is; empty: it is the answer
  std::span<const std::int64_t> absent_codes{};   ///< the result codes that say that there is none
  std::string_view absent_at{};                   ///< where in a resource it says that it was deleted; empty: nowhere
  std::span<const std::int64_t> absent_values{};  ///< the numbers there that say so
};

/// A kind of resource: how its state is read, and what changes it. Everything about reconciliation reads this row.
struct ResourceKind {
  std::string_view name;        ///< the `type` of an item
  std::string_view id = "/id";  ///< where in an answer's resource its identifier is
  std::span<const ResourceField> fields{};
  std::span<const ResourceList> lists{};  ///< together, they have all resources of a user; empty: they cannot be read
  ResourceShow show{};

  /// The index of the field called `name`; the number of fields if there is none.
  std::size_t find(std::string_view field) const;
  /// The index of the field that this field of this operation sets; the number of fields if there is none.
  std::size_t find_set_by(std::string_view operation, std::string_view field) const;
  /// The operation of this name, if it sets a field of the kind; otherwise null.
  const OperationRow* find_operation(std::string_view name) const;
};

/// The kinds of resources whose state can be read and compared. Immutable; items point into it, so it outlives them.
class ResourceCatalogue {
 public:
  /// Preconditions: every kind is sound, see is_sound(), and names are distinct. `operations`, and what the kinds point
  /// to, outlive the catalogue; the latter may be owned by `texts`.
  ResourceCatalogue(std::vector<ResourceKind> kinds, const OperationCatalogue& operations,
                    std::shared_ptr<const void> texts = {});
  ResourceCatalogue(ResourceCatalogue&&) noexcept = default;
  ResourceCatalogue(const ResourceCatalogue&) = delete;
  ResourceCatalogue& operator=(const ResourceCatalogue&) = delete;

  std::span<const ResourceKind> kinds() const { return kinds_; }
  /// The kind called `name`; null if there is none.
  const ResourceKind* find(std::string_view name) const;

 private:
  std::vector<ResourceKind> kinds_;
  std::vector<std::vector<ResourceField>> fields_;
  std::shared_ptr<const void> texts_;
};

/// Whether everything that a kind names is there: the operations and fields that set it, which are neither path nor
/// key, and the field that `unique_in` points to. Each such operation is identified by one field. What reads it has
/// what it needs.
bool is_sound(const ResourceKind& kind, std::span<const OperationRow> operations);

/// What the service offers.
const ResourceCatalogue& service_resources();

}  // namespace koobatch::koodrive
