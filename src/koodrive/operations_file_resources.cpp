#include "koobatch/core/ascii.hpp"
#include "koobatch/core/describe.hpp"
#include "koodrive/operations_file_parts.hpp"
#include "koodrive/request_path.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace koobatch::koodrive {
namespace {

constexpr std::size_t max_resources = 100;
constexpr std::size_t max_lists = 16;
constexpr std::string_view id_placeholder = "id";

/// The members that items have whatever their kind, and the column that checks the others.
constexpr std::array<std::string_view, 5> common_members = {"type", "id", "user_id", "match", "check"};
/// Columns for what is wanted begin like this.
constexpr std::string_view wish_prefix = "new_";
/// What distinguishes the requests for the pages of a list.
constexpr std::array<std::string_view, 5> page_parameters = {"offset", "limit", "pageNum", "pageSize", "pageCursor"};

/// The first name that the query gives a value and that a page needs; empty if there is none.
std::string_view find_page_parameter(std::string_view query) {
  for (std::size_t begin = 0; begin < query.size();) {
    const auto end = std::min(query.find('&', begin), query.size());
    const auto pair = query.substr(begin, end - begin);
    const auto* const found = std::ranges::find(page_parameters, pair.substr(0, pair.find('=')));
    if (found != page_parameters.end()) return *found;
    begin = end + 1;
  }
  return {};
}

/// Whether it can name a field: in items, and in columns for what is and what is wanted.
bool is_field_name(std::string_view text) {
  return is_operation_name(text) && std::ranges::find(common_members, text) == common_members.end() &&
         !text.starts_with(wish_prefix);
}

/// Reads the descriptions of resources: how the present state is read of what operations change.
class ResourcesReader {
 public:
  ResourcesReader(std::span<const OperationRow> rows, OperationTexts& texts, TomlProblems& problems)
      : rows_(rows), texts_(texts), problems_(problems) {}

  void read(const toml::table& resources, std::vector<ResourceKind>& kinds) {
    for (const auto& [key, node] : in_file_order(resources)) {
      const auto* const table = node->as_table();
      if (table == nullptr || !is_operation_name(key)) {
        problems_.add(*node, fmt::format("resource {} is not a table with a name: {}", quote(key), name_rule));
        continue;
      }
      auto kind = read_kind(key, *table);
      if (problems_.any()) continue;
      // What is built in can be described anew: much of it is not documented.
      const auto same = std::ranges::find(kinds, kind.name, &ResourceKind::name);
      if (same != kinds.end()) {
        *same = kind;
      } else if (kinds.size() < max_resources) {
        kinds.push_back(kind);
      } else {
        problems_.add(*node, fmt::format("there are at most {} kinds of resources", max_resources));
      }
    }
  }

 private:
  ResourceKind read_kind(std::string_view name, const toml::table& table) {
    ResourceKind kind{.name = texts_.keep(name)};
    TomlMembers members(table, fmt::format("resource {}", name), problems_);
    if (const auto id = read_pointer(members, "id", false)) kind.id = *id;
    read_lists(members, kind);
    if (const auto* const show = members.table("show")) kind.show = read_show(name, *show);
    if (const auto* const fields = members.table("fields")) kind.fields = read_resource_fields(name, *fields);
    members.finish();
    if (problems_.any() || is_sound(kind, rows_)) return kind;
    problems_.add(table, fmt::format("resource {} is not consistent", name));
    return kind;
  }

  // Requests ----------------------------------------------------------------------------------------------------------

  /// The target of a GET with these placeholders; empty if it is missing or refused.
  std::string_view read_get(TomlMembers& members, const std::vector<std::string_view>& placeholders) {
    const auto request = members.text("request");
    if (!request) {
      members.require("request", "request = \"GET /koodrive/ose/v1/…\"");
      return {};
    }
    const auto parts = split_request(*request);
    if (!parts || parts->method != "GET") {
      members.refuse("request", "is not of the form \"GET /path\"");
      return {};
    }
    const auto path = parts->path.substr(0, parts->path.find('?'));
    if (const auto wrong = refuse_path(path); !wrong.empty()) {
      members.refuse("request", wrong);
    } else if (placeholders_of(path) != placeholders) {
      members.refuse("request", placeholders.empty() ? "has a placeholder, for which there is no value"
                                                     : "needs the segment {id}, and no other placeholder");
    }
    if (path.size() < parts->path.size() && !is_query(parts->path.substr(path.size() + 1))) {
      members.refuse("request", "has a query that is not of the form name=value&name=value");
    }
    return texts_.keep(parts->path);
  }

  std::optional<std::string_view> read_pointer(TomlMembers& members, std::string_view name, bool is_required) {
    const auto pointer = members.text(name);
    if (!pointer && is_required) members.require(name, "the member of the answer: \"/folders\"");
    if (!pointer) return std::nullopt;
    if (!is_pointer(*pointer, true)) members.refuse(name, "names a member of the answer: \"/folders\"");
    return texts_.keep(*pointer);
  }

  /// One table, or several if it takes several lists to see all of a user's resources.
  void read_lists(TomlMembers& members, ResourceKind& kind) {
    const auto* const node = members.take("list");
    if (node == nullptr) return;
    std::vector<ResourceList> lists;
    if (const auto* const table = node->as_table()) {
      lists.push_back(read_list(kind.name, *table));
    } else if (const auto* const array = node->as_array(); array != nullptr && !array->empty()) {
      for (const auto& item : *array) {
        const auto* const table_of_it = item.as_table();
        if (table_of_it == nullptr || lists.size() == max_lists) {
          return members.refuse("list", fmt::format("holds at most {} tables, and nothing else", max_lists));
        }
        lists.push_back(read_list(kind.name, *table_of_it));
      }
    } else {
      members.refuse("list", "must be a table, or a list of tables");
    }
    kind.lists = texts_.resource_lists.emplace_back(std::move(lists));
  }

  ResourceList read_list(std::string_view resource, const toml::table& table) {
    ResourceList list;
    TomlMembers members(table, fmt::format("resource {}: list", resource), problems_);
    list.target = read_get(members, {});
    if (const auto query = list.target.find('?'); query != std::string_view::npos) {
      const auto parameter = find_page_parameter(list.target.substr(query + 1));
      if (!parameter.empty()) members.refuse("request", fmt::format("sets {}, as each page does", parameter));
    }
    const auto page = members.text("page");
    const auto paging = page ? paging_named(*page) : std::nullopt;
    if (!paging) members.refuse("page", "is one of offset, number, cursor");
    list.paging = paging.value_or(Paging::offset);
    if (const auto size = members.integer("size")) {
      if (*size < 1 || *size > max_page_size) {
        members.refuse("size", fmt::format("is a number from 1 to {}", max_page_size));
      } else {
        list.size = static_cast<std::uint32_t>(*size);
      }
    }
    list.items = read_pointer(members, "items", true).value_or(std::string_view());
    list.total = read_pointer(members, "total", false).value_or(std::string_view());
    if (const auto next = read_pointer(members, "next", false)) {
      list.next = *next;
      if (list.paging != Paging::cursor) members.refuse("next", "is there for page = \"cursor\" only");
    }
    members.finish();
    return list;
  }

  std::span<const std::int64_t> read_numbers(TomlMembers& members, std::string_view name, std::string_view form) {
    const auto* const node = members.take(name);
    if (node == nullptr) return {};
    std::vector<std::int64_t> numbers;
    const auto* const list = node->as_array();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      if (const auto* const number = list->get(i)->as_integer()) numbers.push_back(number->get());
    }
    if (list == nullptr || numbers.size() != list->size()) members.refuse(name, form);
    return texts_.plain_numbers.emplace_back(std::move(numbers));
  }

  ResourceShow read_show(std::string_view resource, const toml::table& table) {
    ResourceShow show;
    TomlMembers members(table, fmt::format("resource {}: show", resource), problems_);
    show.target = read_get(members, {id_placeholder});
    show.at = read_pointer(members, "at", false).value_or(std::string_view());
    show.absent_codes = read_numbers(members, "absent_code", "is a list of result codes: [13000309]");
    if (const auto* const deleted = members.table("absent_if")) {
      TomlMembers condition(*deleted, fmt::format("resource {}: absent_if", resource), problems_);
      show.absent_at = read_pointer(condition, "at", true).value_or(std::string_view());
      show.absent_values = read_numbers(condition, "is", "is a list of numbers: [1]");
      if (show.absent_values.empty()) condition.require("is", "the numbers that say so: is = [1]");
      condition.finish();
    }
    members.finish();
    return show;
  }

  // Fields ------------------------------------------------------------------------------------------------------------

  std::span<const ResourceField> read_resource_fields(std::string_view resource, const toml::table& table) {
    auto& fields = texts_.resource_fields.emplace_back();
    for (const auto& [key, node] : in_file_order(table)) {
      const auto* const described = node->as_table();
      if (described == nullptr || !is_operation_name(key)) {
        problems_.add(*node, fmt::format("field {} is not a table with a name: {}", quote(key), name_rule));
      } else if (!is_field_name(key)) {
        problems_.add(*node, fmt::format("field {} has a name that means something else in files of items", key));
      } else if (fields.size() == max_resource_fields) {
        problems_.add(*node, fmt::format("a resource has at most {} fields", max_resource_fields));
      } else {
        fields.push_back(read_field(resource, key, *described));
      }
    }
    for (std::size_t i = 0; i < fields.size(); ++i) add_scope(resource, table, i, fields);
    return fields;
  }

  ResourceField read_field(std::string_view resource, std::string_view name, const toml::table& table) {
    ResourceField field{.name = texts_.keep(name), .at = {}};
    TomlMembers members(table, fmt::format("resource {}: field {}", resource, name), problems_);
    field.at = read_pointer(members, "at", true).value_or(std::string_view());
    field.unique_in = read_pointer(members, "unique_in", false).value_or(std::string_view());
    if (const auto set_by = members.text("set_by")) {
      if (const auto wrong = refuse_setter(*set_by); !wrong.empty()) members.refuse("set_by", wrong);
      field.set_by = texts_.keep(*set_by);
    }
    members.finish();
    return field;
  }

  /// What values are unique in is a field as well, which informs only, unless the file names it.
  void add_scope(std::string_view resource, const toml::table& table, std::size_t of,
                 std::vector<ResourceField>& fields) {
    const auto pointer = fields[of].unique_in;
    if (pointer.empty() || std::ranges::find(fields, pointer, &ResourceField::at) != fields.end()) return;
    const auto name = pointer.substr(pointer.rfind('/') + 1);
    const bool fits = is_field_name(name) && fields.size() < max_resource_fields &&
                      std::ranges::find(fields, name, &ResourceField::name) == fields.end();
    if (fits) return fields.push_back({.name = name, .at = pointer});
    problems_.add(table, fmt::format("resource {}: field {} is unique in {}; add a field with that at", resource,
                                     fields[of].name, quote(pointer)));
  }

  /// Why it cannot be what sets a field, as the end of a sentence; empty if it can.
  std::string refuse_setter(std::string_view text) const {
    const auto dot = text.find('.');
    const auto row = std::ranges::find(rows_, text.substr(0, dot), &OperationRow::name);
    constexpr std::string_view form = "names an operation and a field of it: \"rename_shared_folder.fileName\"";
    if (dot == std::string_view::npos || row == rows_.end()) return std::string(form);
    const auto field = std::ranges::find(row->fields, text.substr(dot + 1), &FieldRow::name);
    if (field == row->fields.end()) return std::string(form);
    const auto index = static_cast<std::size_t>(field - row->fields.begin());
    if (!row->key_rest.empty()) return fmt::format("names {}, whose key has several fields", row->name);
    if (index == row->key_field || field->place != FieldPlace::body) {
      return fmt::format("names {}, which says what is changed, not how", text);
    }
    return {};
  }

  std::span<const OperationRow> rows_;
  OperationTexts& texts_;
  TomlProblems& problems_;
};

}  // namespace

bool is_pointer(std::string_view text, bool nested) {
  if (text.size() < 2 || text.front() != '/' || text.back() == '/') return false;
  const auto rest = text.substr(1);
  const bool is_plain =
      std::ranges::all_of(rest, [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '/'; });
  return is_plain && rest.find("//") == std::string_view::npos && (nested || rest.find('/') == std::string_view::npos);
}

void read_resources(const toml::table& resources, std::span<const OperationRow> rows, OperationTexts& texts,
                    TomlProblems& problems, std::vector<ResourceKind>& kinds) {
  ResourcesReader(rows, texts, problems).read(resources, kinds);
}

}  // namespace koobatch::koodrive
