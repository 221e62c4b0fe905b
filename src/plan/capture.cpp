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

/// A value that the operation sets, and what was there before, as far as that is known.
struct Captured {
  SetValue set;
  std::optional<state::Value> was{};
};

std::vector<Captured> fields_of(const koodrive::Operation& operation, const koodrive::ResourceKind& kind) {
  std::vector<Captured> fields;
  for (auto& value : set_values(operation, kind)) fields.push_back({std::move(value)});
  return fields;
}

/// Whether the operation can be sent with some of its fields, as a retry does: see retry::Selection.
bool may_lack_fields(const koodrive::OperationRow& row) {
  return std::ranges::count_if(row.fields, [&](const auto& field) { return is_set_by(row, field.name); }) > 1;
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
    for (auto& [set, was] : fields_) {
      const auto* const now = set.field && present[*set.field] ? &*present[*set.field] : nullptr;
      if (now == nullptr || (was && is_same(*was, *now))) continue;
      // The operation may have set it, or the service shows it only since; any other value was set by somebody else.
      if (!is_first && maybe_applied && (!was || is_same(set.wanted, *now))) continue;
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
    describe_loss(why, because);
    return true;
  }

  void describe_loss(std::string_view why, std::string_view because) {
    append_json_string(members_, not_captured_member);
    append_json_string(members_.append(":"), why);
    if (!because.empty()) {
      append_json_string(members_.append(","), because_member);
      append_json_string(members_.append(":"), because);
    }
    if (!may_lack_fields(operation_.row())) return;
    append_json_string(members_.append(","), sent_member);
    members_.append(":[");
    for (const auto& captured : fields_) {
      append_json_string(members_.append(members_.back() == '[' ? "" : ","), captured.set.name);
    }
    members_.push_back(']');
  }

  void describe_was() {
    members_.clear();
    append_json_string(members_, was_member);
    members_.push_back(':');
    JsonWriter json(members_);
    for (const auto& captured : fields_) {
      auto& value = json.key(captured.set.name);
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
