#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/state/reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::state {

/// What the columns of a CSV file mean.
class CsvColumns {
 public:
  static constexpr std::size_t none = ~std::size_t{0};

  /// A column that holds a field's value, as it was or as it should be.
  struct Field {
    std::size_t column = 0;
    std::string name;  ///< of the field
    bool is_wish = false;
  };

  /// Reads the header row. Returns what is wrong with it; empty if it can be used.
  std::string read(const std::vector<std::string_view>& names, const koodrive::ResourceCatalogue& kinds, Role role);

  std::size_t size() const { return size_; }
  /// The columns of these names; none if there is no such column.
  std::size_t type() const { return type_; }
  std::size_t user() const { return user_; }
  std::size_t id() const { return id_; }
  std::size_t check() const { return check_; }
  const std::vector<Field>& fields() const { return fields_; }
  /// A field without which rows of this kind cannot be checked, and which has no column; empty if there is none.
  std::string_view find_removed(const koodrive::ResourceKind& kind) const;

 private:
  std::string read_name(std::size_t column, std::string_view name, const koodrive::ResourceCatalogue& kinds);
  std::string find_missing(Role role) const;

  std::size_t size_ = 0;
  std::size_t type_ = none, user_ = none, id_ = none, check_ = none;
  std::vector<Field> fields_;
};

}  // namespace koobatch::state
