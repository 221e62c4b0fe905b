#pragma once
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::koodrive {

/// The fields of one job record or one request body, as read: views into the reader's buffers, valid until it reads on.
struct FieldValue {
  bool present = false;
  bool malformed = false;  ///< present, but of the wrong type: already reported, so check() passes over it
  /// text: the decoded value; integer: as written, if it was a text; object: compact JSON
  std::string_view text{};
  std::int64_t integer = 0;     ///< integer; boolean: 0 or 1
  std::uint32_t list_from = 0;  ///< text_list: [list_from, list_from + list_size) of Fields::list_items
  std::uint32_t list_size = 0;  ///< object: the number of its members
};

struct Fields {
  const OperationRow* row = nullptr;
  std::array<FieldValue, max_fields> values;  ///< as many as row->fields; without a row, none is there
  std::vector<std::string_view> list_items;
  std::optional<std::string_view> user_id, language, ref;
  std::string_view op{};  ///< how the record writes the row's name, perhaps with blanks around it; empty: it does not

  void clear();  ///< keeps the memory
  /// What the operation sets on its resource, whichever field does.
  FieldSet changed() const;
  /// Whether any part of that can be left out, as long as something remains: no required field sets anything, and any
  /// field that sets something is enough.
  bool is_divisible() const;
  /// Takes out the fields that set this, as if they had never been there. Precondition: is_divisible().
  void remove(FieldSet unwanted);
};

/// Appends the key of the resource, without its prefix: nearly always the value of the key field.
void append_key(std::string& out, const Fields& fields);

/// Appends the value of field `index`, which is present, as JSON.
void append_field(std::string& out, const Fields& fields, std::size_t index);

}  // namespace koobatch::koodrive
