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
  bool malformed = false;       ///< present, but of the wrong type: already reported, so check() passes over it
  std::string_view text{};      ///< text: the decoded value; integer: as written, if it was a text
  std::int64_t integer = 0;     ///< integer
  std::uint32_t list_from = 0;  ///< text_list: [list_from, list_from + list_size) of Fields::list_items
  std::uint32_t list_size = 0;
};

struct Fields {
  const OperationRow* row = nullptr;
  std::array<FieldValue, max_fields> values;  ///< as many as row->fields
  std::vector<std::string_view> list_items;
  std::optional<std::string_view> user_id, language, ref;
  std::string_view op{};  ///< how the record writes the row's name, perhaps with blanks around it; empty: it does not

  void clear();  ///< keeps the memory
  /// The fields that are there, but for the one that identifies the resource: what the operation changes.
  FieldSet changed() const;
  /// Takes fields out, as if they had never been there. Not the key field.
  void remove(FieldSet unwanted);
};

/// Appends the value of field `index`, which is present, as JSON.
void append_field(std::string& out, const Fields& fields, std::size_t index);

}  // namespace koobatch::koodrive
