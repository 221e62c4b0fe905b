#include "koobatch/core/ascii.hpp"
#include "koobatch/core/describe.hpp"
#include "koodrive/operations_file_parts.hpp"
#include "koodrive/request_path.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::koodrive {
namespace {

/// Checks the descriptions of resources: what is needed to read the present state of what operations change.
class ResourcesReader {
 public:
  ResourcesReader(std::span<const OperationRow> rows, TomlProblems& problems) : rows_(rows), problems_(problems) {}

  void read(const toml::table& resources) {
    for (const auto& [key, node] : in_file_order(resources)) {
      const auto* const table = node->as_table();
      if (table == nullptr || !is_operation_name(key)) {
        problems_.add(*node, fmt::format("resource {} is not a table with a name: {}", quote(key), name_rule));
        continue;
      }
      TomlMembers members(*table, fmt::format("resource {}", key), problems_);
      if (const auto* const list = members.table("list")) read_list(key, *list);
      if (const auto* const show = members.table("show")) read_show(key, *show);
      if (const auto* const fields = members.table("fields")) read_resource_fields(key, *fields);
      members.finish();
    }
  }

 private:
  void read_get(TomlMembers& members) {
    const auto request = members.text("request");
    if (!request) return members.require("request", "request = \"GET /koodrive/ose/v1/…\"");
    const auto parts = split_request(*request);
    if (!parts || parts->method != "GET") return members.refuse("request", "is not of the form \"GET /path\"");
    const auto query = parts->path.find('?');
    if (const auto wrong = refuse_path(parts->path.substr(0, query)); !wrong.empty()) members.refuse("request", wrong);
    if (query != std::string_view::npos && !is_query(parts->path.substr(query + 1))) {
      members.refuse("request", "has a query that is not of the form name=value&name=value");
    }
  }

  static void check_pointer(TomlMembers& members, std::string_view name, bool required) {
    const auto pointer = members.text(name);
    if (pointer && !is_pointer(*pointer, true)) members.refuse(name, "names a member of the answer: \"/folders\"");
    if (!pointer && required) members.require(name, "the member of the answer: \"/folders\"");
  }

  void read_list(std::string_view resource, const toml::table& table) {
    TomlMembers members(table, fmt::format("resource {}: list", resource), problems_);
    read_get(members);
    const auto page = members.text("page");
    if (!page || (*page != "offset" && *page != "number" && *page != "cursor")) {
      members.refuse("page", "is one of offset, number, cursor");
    }
    if (const auto size = members.integer("size"); size && (*size < 1 || *size > 1000)) {
      members.refuse("size", "is a number from 1 to 1000");
    }
    check_pointer(members, "items", true);
    members.finish();
  }

  void read_show(std::string_view resource, const toml::table& table) {
    TomlMembers members(table, fmt::format("resource {}: show", resource), problems_);
    read_get(members);
    check_pointer(members, "at", false);
    if (const auto* const node = members.take("absent_code")) {
      const auto* const list = node->as_array();
      const bool fits = list != nullptr && std::all_of(list->begin(), list->end(),
                                                       [](const toml::node& item) { return item.is_integer(); });
      if (!fits) members.refuse("absent_code", "is a list of result codes: [13000309]");
    }
    members.finish();
  }

  void read_resource_fields(std::string_view resource, const toml::table& fields) {
    for (const auto& [key, node] : in_file_order(fields)) {
      const auto* const table = node->as_table();
      if (table == nullptr || !is_operation_name(key)) {
        problems_.add(*node, fmt::format("field {} is not a table with a name: {}", quote(key), name_rule));
        continue;
      }
      TomlMembers members(*table, fmt::format("resource {}: field {}", resource, key), problems_);
      check_pointer(members, "at", true);
      check_pointer(members, "unique_in", false);
      if (const auto set_by = members.text("set_by"); set_by && !is_field(*set_by)) {
        members.refuse("set_by", "names an operation and a field of it: \"rename_shared_folder.fileName\"");
      }
      members.finish();
    }
  }

  bool is_field(std::string_view text) const {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return false;
    const auto row = std::ranges::find(rows_, text.substr(0, dot), &OperationRow::name);
    return row != rows_.end() &&
           std::ranges::find(row->fields, text.substr(dot + 1), &FieldRow::name) != row->fields.end();
  }

  std::span<const OperationRow> rows_;
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

void read_resources(const toml::table& resources, std::span<const OperationRow> rows, TomlProblems& problems) {
  ResourcesReader(rows, problems).read(resources);
}

}  // namespace koobatch::koodrive
