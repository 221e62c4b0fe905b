#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
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

/// A kind of resource: how its state is read, and what changes it. Everything about reconciliation reads this row.
struct ResourceKind {
  std::string_view name;        ///< the `type` of an item
  std::string_view id = "/id";  ///< where in an answer's resource its identifier is
  std::span<const ResourceField> fields;

  /// The index of the field called `name`; the number of fields if there is none.
  std::size_t find(std::string_view field) const;
};

/// The kinds of resources whose state can be read and compared. Immutable; items point into it, so it outlives them.
class ResourceCatalogue {
 public:
  /// Preconditions: every kind is sound, see is_sound(), and names are distinct. `operations`, and what the kinds point
  /// to, outlive the catalogue; the latter may be owned by `texts`.
  ResourceCatalogue(std::vector<ResourceKind> kinds, const OperationCatalogue& operations,
                    std::shared_ptr<const void> texts = {});

  std::span<const ResourceKind> kinds() const { return kinds_; }
  /// The kind called `name`; null if there is none.
  const ResourceKind* find(std::string_view name) const;

 private:
  std::vector<ResourceKind> kinds_;
  std::vector<std::vector<ResourceField>> fields_;
  std::shared_ptr<const void> texts_;
};

/// Whether everything that a kind names is there: the operations and fields that set it, which are neither path nor
/// key, and the field that `unique_in` points to. Each such operation is identified by one field.
bool is_sound(const ResourceKind& kind, const OperationCatalogue& operations);

/// What the service offers.
const ResourceCatalogue& service_resources();

}  // namespace koobatch::koodrive
