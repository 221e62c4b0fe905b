#include "koobatch/core/describe.hpp"
#include "koobatch/job/json_syntax.hpp"
#include "koobatch/job/line_checks.hpp"
#include "koobatch/state/reader.hpp"
#include "koobatch/state/value_reader.hpp"
#include "state/item_check.hpp"
#include "state/summary.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <utility>

namespace koobatch::state {
namespace {

namespace dom = simdjson::dom;

class NdjsonReader final : public ItemReader {
 public:
  NdjsonReader(job::LineSplitter lines, const koodrive::ResourceCatalogue& kinds, Role role)
      : lines_(std::move(lines)), kinds_(kinds), role_(role) {}

  Result<Found> next(Entry& entry) override {
    violations_.clear();
    for (;;) {
      const auto item = lines_.next();
      if (!item) return item.error();
      if (*item == job::LineSplitter::Item::end) return end();
      if (*item == job::LineSplitter::Item::too_long) {
        violations_.push_back(job::too_long_line(lines_.limits()));
        return Found::invalid;
      }
      if (job::is_blank(lines_.text())) continue;
      dom::object object;
      if (!parse(object)) return Found::invalid;
      if (object.at_key(state_member).error() == simdjson::SUCCESS) {
        if (!take_summary(object)) return Found::invalid;
        continue;
      }
      ++items_;
      read(object, entry);
      return violations_.empty() ? Found::entry : Found::invalid;
    }
  }

  std::uint32_t line() const override { return lines_.number(); }
  const std::vector<koodrive::Violation>& violations() const override { return violations_; }
  const StateSummary* summary() const override { return summary_ ? &*summary_ : nullptr; }
  job::Digest digest() const override { return lines_.digest(); }

 private:
  void add(std::string_view field, std::string message) {
    violations_.push_back({printable(field), std::move(message)});
  }

  bool parse(dom::object& object) {
    const auto text = lines_.text();
    dom::element root;
    if (const auto error = parser_.parse(text.data(), text.size(), false).get(root); error != simdjson::SUCCESS) {
      add("", job::explain_json_error(text, error));
      return false;
    }
    if (root.get(object) == simdjson::SUCCESS) return true;
    add("", "expected an object such as {\"type\":\"shared_folder\",\"id\":\"…\",\"name\":\"…\"}");
    return false;
  }

  bool take_summary(const dom::object& object) {
    if (summary_) add(state_member, "is on an earlier line already: these are several states in one file");
    summary_ = read_summary(object);
    if (!summary_) add(state_member, "is not the last line of a state as this koobatch writes it");
    return violations_.empty();
  }

  /// A state that was cut, or put together of several, does not hold what its last line says. A desired state may
  /// begin as a copy of a state, of which lines are taken out.
  Result<Found> end() const {
    if (role_ == Role::desired || !summary_ || summary_->items == items_) return Found::end;
    return job_error(
        fmt::format("the state holds {} items, but its last line says {}: export it again", items_, summary_->items));
  }

  void read(const dom::object& object, Entry& entry) {
    clear(entry, lines_.number());
    std::string_view type;
    if (object[type_member].get(type) == simdjson::SUCCESS) entry.item.kind = kinds_.find(type);
    if (entry.item.kind == nullptr) {
      violations_.push_back(unknown_type(type, kinds_));
      return;
    }
    entry.item.values.assign(entry.item.kind->fields.size(), std::nullopt);
    seen_ = {};
    for (const auto [name, value] : object) read_member(name, value, entry);
    check_identity(entry, role_, violations_);
  }

  void read_member(std::string_view name, const dom::element& value, Entry& entry) {
    const auto index = entry.item.kind->find(name);
    if (index < entry.item.kind->fields.size()) {
      if (is_first(static_cast<unsigned>(index)))
        return read_field(entry.item.kind->fields[index], value, entry.item.values[index]);
    } else if (name == type_member) {
      if (is_first(type_place)) return;
    } else if (name == id_member) {
      if (is_first(id_place)) return read_identifier(name, value, entry.item.id);
    } else if (name == user_id_member) {
      if (is_first(user_place)) return read_identifier(name, value, entry.item.user_id);
    } else if (name == match_member) {
      if (is_first(match_place)) return read_match(value, entry);
    } else {
      violations_.push_back(unknown_member(name, *entry.item.kind));
      return;
    }
    add(name, "appears more than once");
  }

  void read_field(const koodrive::ResourceField& field, const dom::element& value, std::optional<Value>& to) {
    if (value.is_null()) {
      if (field.is_compared() && role_ == Role::desired) {
        add(field.name,
            "is null, and the service cannot unset a value; leave the member out to leave the value as it is");
      }
      return;
    }
    Value read;
    if (auto fault = read_value(field, value, read)) {
      add(field.name, std::move(*fault));
    } else {
      to = std::move(read);
    }
  }

  void read_identifier(std::string_view name, const dom::element& value, std::string& to) {
    auto text = identifier_of(value);
    if (text && !text->empty()) {
      to = std::move(*text);
    } else {
      add(name, text ? "is empty" : "expected a string, found " + quote(std::string(simdjson::minify(value))));
    }
  }

  void read_match(const dom::element& value, Entry& entry) {
    dom::object object;
    if (value.get(object) != simdjson::SUCCESS || object.size() == 0) {
      return add(match_member, "expected what the item is like now: \"match\":{\"name\":\"…\"}");
    }
    entry.match.assign(entry.item.kind->fields.size(), std::nullopt);
    for (const auto [name, wanted] : object) {
      const auto index = entry.item.kind->find(name);
      if (index == entry.item.kind->fields.size()) {
        violations_.push_back(unknown_member(name, *entry.item.kind));
      } else if (wanted.is_null()) {
        add(match_member, fmt::format("{} is null, which identifies nothing", printable(name)));
      } else if (entry.match[index]) {
        add(match_member, fmt::format("{} appears more than once", printable(name)));
      } else {
        read_field(entry.item.kind->fields[index], wanted, entry.match[index]);
      }
    }
  }

  /// Whether the record has not had this member yet.
  bool is_first(unsigned place) { return (std::exchange(seen_, seen_ | std::uint64_t{1} << place) >> place & 1U) == 0; }

  static constexpr unsigned type_place = koodrive::max_resource_fields, id_place = type_place + 1,
                            user_place = type_place + 2, match_place = type_place + 3;

  job::LineSplitter lines_;
  const koodrive::ResourceCatalogue& kinds_;
  const Role role_;
  dom::parser parser_;
  std::uint64_t seen_ = 0;  ///< the members of this record, by place
  std::uint64_t items_ = 0;
  std::vector<koodrive::Violation> violations_;
  std::optional<StateSummary> summary_;
};

}  // namespace

std::unique_ptr<ItemReader> read_ndjson(job::LineSplitter lines, const koodrive::ResourceCatalogue& kinds, Role role) {
  return std::make_unique<NdjsonReader>(std::move(lines), kinds, role);
}

}  // namespace koobatch::state
