#include "koobatch/reading/walks.hpp"

#include "koobatch/core/json.hpp"
#include "reading/walk.hpp"

#include <fmt/format.h>

#include <cassert>
#include <deque>
#include <utility>
#include <vector>

namespace koobatch::reading {
namespace {

/// The only field: whose lists are read.
constexpr std::string_view user_field = "user";
constexpr koodrive::FieldRow fields[] = {{.name = user_field, .required = true}};

}  // namespace

/// What the operations point to.
struct Walks::Texts {
  std::deque<std::string> all;
  std::string_view keep(std::string text) { return all.emplace_back(std::move(text)); }
};

Walks::Walks(std::span<const koodrive::ResourceKind* const> kinds) {
  const auto texts = std::make_shared<Texts>();
  std::vector<koodrive::OperationRow> rows;
  for (const auto* kind : kinds) {
    assert(!kind->lists.empty());
    for (const auto& list : kind->lists) {
      const auto number = static_cast<std::size_t>(&list - kind->lists.data()) + 1;
      const bool is_only = kind->lists.size() == 1;
      koodrive::OperationRow row{};
      row.name =
          texts->keep(is_only ? fmt::format("read_{}", kind->name) : fmt::format("read_{}_{}", kind->name, number));
      row.method = "GET";
      row.target = list.target;
      row.fields = fields;
      row.key_prefix = texts->keep(fmt::format("{}:", row.name));
      row.idempotent = true;
      rows.push_back(row);
      parts_.emplace_back(*kind, list);
    }
  }
  operations_ = std::make_unique<koodrive::OperationCatalogue>(std::move(rows), texts);
}

Walks::~Walks() = default;

void Walks::append_records(std::string& out, std::string_view user) const {
  for (const auto& row : operations_->rows()) {
    JsonWriter(out).add("op", row.name).add(user_field, user).add("user_id", user).end();
    out.push_back('\n');
  }
}

std::unique_ptr<koodrive::Dialogue> Walks::about(const koodrive::Operation& operation) {
  Part& part = parts_[operations_->index_of(operation.row())];
  return std::make_unique<Walk>(part.kind, part.list, std::string(operation.user()), part.confirmations);
}

}  // namespace koobatch::reading
