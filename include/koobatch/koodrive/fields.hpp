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

/// The part of a resource that an operation changes, as far as its fields select one.
struct Part {
  std::uint32_t fields = 0;  ///< a hash of the names of those that do and are there; 0: none
  std::uint32_t values = 0;  ///< a hash of their values

  bool is_whole() const { return fields == 0; }
  /// Whether two operations on one resource certainly change different parts of it.
  static bool are_apart(Part a, Part b) { return a.fields == b.fields && a.values != b.values; }
  friend bool operator==(const Part&, const Part&) = default;
};

struct Fields {
  const OperationRow* row = nullptr;
  std::array<FieldValue, max_fields> values;  ///< as many as row->fields; without a row, none is there
  std::vector<std::string_view> list_items;
  std::optional<std::string_view> user_id, language, ref;
  /// Of a plan's line: what it replaces, a JSON object by the names of fields; empty: not said.
  std::string_view was{};
  /// Operations with one value are carried out in order, whatever they are about; 0: what it is about decides.
  std::uint64_t group = 0;
  std::string_view op{};  ///< how the record writes the row's name, perhaps with blanks around it; empty: it does not

  void clear();  ///< keeps the memory
  /// What the operation sets on its resource, whichever field does, or the default of one that is not there.
  FieldSet changed() const;
  /// What such an operation need not set, as long as it still sets something: no rule of the operation and nothing that
  /// it means otherwise depends on that.
  FieldSet removable() const;
  /// Takes out the fields that set this, as if they had never been there. Precondition: it is part of removable().
  void remove(FieldSet unwanted);
  /// The part of the resource that the operation changes.
  Part part() const;
};

/// Appends the key of the resource, without its prefix: nearly always the value of the key field. Of several fields,
/// the values are percent-encoded.
void append_key(std::string& out, const Fields& fields);

/// XXH3-64 of key prefix and key: Operation::key_hash(), unless the operation belongs to a group.
std::uint64_t key_hash(const Fields& fields);

/// Appends the value of field `index`, which is present, as JSON.
void append_field(std::string& out, const Fields& fields, std::size_t index);

}  // namespace koobatch::koodrive
