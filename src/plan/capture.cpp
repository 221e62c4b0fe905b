#include "koobatch/plan/capture.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/reading/lookup.hpp"
#include "koobatch/state/value_reader.hpp"
#include "plan/planned_values.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace koobatch::plan {
namespace {

using koodrive::Turn;

/// What the operation sets.
struct Captured {
  std::string name;                    ///< the operation's
  std::optional<std::size_t> field{};  ///< an index into the kind's fields; nothing: the service does not show it
  state::Value wanted{};               ///< if it is shown
  std::optional<state::Value> was{};
};

std::vector<Captured> fields_of(const koodrive::Operation& operation, const koodrive::ResourceKind& kind) {
  simdjson::dom::parser parser;
  simdjson::dom::object body;
  std::vector<Captured> fields;
  if (parser.parse(operation.body()).get(body) != simdjson::SUCCESS) return fields;
  for (const auto [name, json] : body) {
    if (!is_set_by(operation.row(), name)) continue;
    auto& captured = fields.emplace_back(Captured{std::string(name)});
    const auto field = kind.find_set_by(operation.row().name, name);
    if (field == kind.fields.size() || state::read_value(kind.fields[field], json, captured.wanted)) continue;
    captured.field = field;
  }
  return fields;
}

/// Reads an item until it is known what it was before the operation.
class Capture final : public koodrive::Dialogue {
 public:
  Capture(const koodrive::Operation& operation, const koodrive::ResourceKind& kind)
      : operation_(operation), kind_(kind), fields_(fields_of(operation, kind)), lookup_(new_lookup()) {}

  std::string_view target() const override { return target_ = lookup_->target(); }

  Turn read(const http::Answer& answer, const koodrive::Outcome& outcome, bool maybe_applied) override {
    using Kind = reading::Finding::Kind;
    const auto found = lookup_->take(answer, outcome);
    if (!found) return {.kind = Turn::Kind::read};
    // Whatever is read after this is read anew.
    lookup_ = new_lookup();
    switch (found->kind) {
      case Kind::present:
        return write(take(found->item.values, maybe_applied));
      case Kind::absent:
        return write(do_without("gone", {}));
      case Kind::unreadable:
        break;
    }
    return write(do_without("unreadable", found->why));
  }

  std::optional<std::string> unread(const koodrive::Outcome& last) override {
    lookup_ = new_lookup();
    return do_without("unreadable", koodrive::describe(last)) ? members_ : std::string();
  }

  bool sent(Status) override { return false; }

  koodrive::Remark remark() const override { return {members_, not_captured_}; }

 private:
  std::unique_ptr<reading::Lookup> new_lookup() const {
    return std::make_unique<reading::Lookup>(kind_, std::string(operation_.id()), std::string(operation_.user()));
  }

  /// The operation is sent, whatever was read.
  Turn write(bool is_news) const { return {.kind = Turn::Kind::write, .note = is_news ? members_ : std::string()}; }

  /// Takes the values that the item has now. Returns whether that is news.
  bool take(const state::Values& present, bool maybe_applied) {
    const bool is_first = members_.empty();
    // What there is now may be what this operation has set.
    if (!is_first && !not_captured_.empty() && maybe_applied) return false;
    bool is_news = is_first || !not_captured_.empty();
    for (auto& [name, field, wanted, was] : fields_) {
      const auto* const now = field && present[*field] ? &*present[*field] : nullptr;
      if (now == nullptr || (was && is_same(*was, *now))) continue;
      // The operation may have set it; any other value has been set by another meanwhile.
      if (was && maybe_applied && is_same(wanted, *now)) continue;
      was = *now;
      is_news = true;
    }
    constexpr auto is_known = [](const Captured& captured) { return captured.was.has_value(); };
    if (std::ranges::none_of(fields_, is_known)) {
      return do_without("unsupported", "the service shows nothing of what the operation sets");
    }
    not_captured_ = {};
    if (is_news) describe_was();
    return is_news;
  }

  /// Notes why it is not known what the item was, unless that is known already. Returns whether that is news.
  bool do_without(std::string_view why, std::string_view because) {
    if (!members_.empty()) return false;
    not_captured_ = why;
    append_json_string(members_.append(R"("not_captured":)"), why);
    if (!because.empty()) append_json_string(members_.append(R"(,"not_captured_because":)"), because);
    return true;
  }

  void describe_was() {
    members_.clear();
    append_json_string(members_, was_member);
    members_.push_back(':');
    JsonWriter json(members_);
    for (const auto& captured : fields_) {
      auto& value = json.key(captured.name);
      if (captured.was) {
        state::append_json(value, *captured.was);
      } else {
        value.append("null");
      }
    }
    json.end();
  }

  const koodrive::Operation& operation_;
  const koodrive::ResourceKind& kind_;
  std::vector<Captured> fields_;
  std::unique_ptr<reading::Lookup> lookup_;
  std::string members_;            ///< empty: it is not known yet what the item was
  std::string_view not_captured_;  ///< why that says nothing about it; empty: it does
  mutable std::string target_;
};

/// Of an operation that changes what nothing reads.
class Unsupported final : public koodrive::Dialogue {
 public:
  std::string_view target() const override {
    assert(false);
    return {};
  }
  Turn read(const http::Answer& /*answer*/, const koodrive::Outcome& /*outcome*/, bool /*maybe_applied*/) override {
    assert(false);
    return {.kind = Turn::Kind::write};
  }
  bool sent(Status /*status*/) override { return false; }
  koodrive::Remark remark() const override { return {R"("not_captured":"unsupported")", "unsupported"}; }
};

}  // namespace

bool Captures::reads_first(const koodrive::Operation& operation) const {
  return kind_of(operation.row(), kinds_) != nullptr;
}

std::unique_ptr<koodrive::Dialogue> Captures::about(const koodrive::Operation& operation) {
  const auto* const kind = kind_of(operation.row(), kinds_);
  if (kind == nullptr) return std::make_unique<Unsupported>();
  return std::make_unique<Capture>(operation, *kind);
}

}  // namespace koobatch::plan
