#include "koobatch/plan/effects.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/state/value_reader.hpp"
#include "plan/database.hpp"

#include <simdjson.h>

#include <algorithm>
#include <utility>

namespace koobatch::plan {
namespace {

/// Items are looked up in any order, for which no cache of a bearable size would do; the join beside it needs more.
constexpr unsigned memory_kib = 2048;

constexpr const char* schema = "CREATE TABLE added (kind, id, run, line, status, change); BEGIN";

// Sorted once, which is faster than adding each line at its place. The first run has the lowest number.
constexpr const char* sort_lines =
    "CREATE TABLE effects (kind, id, run, n, line, status, change, PRIMARY KEY (kind, id, run, n)) WITHOUT ROWID;"
    "INSERT INTO effects SELECT kind, id, run, rowid, line, status, change FROM added ORDER BY kind, id, run, rowid;"
    "DROP TABLE added";

namespace members {
constexpr std::string_view user_id = "user_id";
constexpr std::string_view was = "was";
constexpr std::string_view wanted = "wanted";
constexpr std::string_view unread = "unread";
}  // namespace members

/// Only this object writes to the file.
Error unreadable() {
  return fatal_error("the temporary file for what a run has done holds something other than what was written to it");
}

std::string_view name_of(const Change& change, const Change::Field& field) {
  return change.kind->fields[field.field].name;
}

void append_was(std::string& out, const Change& change) {
  JsonWriter json(out);
  for (const auto& field : change.fields) {
    if (field.was) state::append_json(json.key(name_of(change, field)), *field.was);
  }
  json.end();
}

void append_wanted(std::string& out, const Change& change) {
  JsonWriter json(out);
  for (const auto& field : change.fields) state::append_json(json.key(name_of(change, field)), field.wanted);
  json.end();
}

/// Appends what the columns do not say.
void append_change(std::string& out, const Change& change) {
  JsonWriter json(out);
  json.add(members::user_id, change.user_id).add(members::unread, change.unread);
  append_was(json.key(members::was), change);
  append_wanted(json.key(members::wanted), change);
  json.end();
}

/// Whether the text is as append_change() writes it.
bool parse_change(const simdjson::dom::object& object, Change& change) {
  simdjson::dom::object was, wanted;
  std::string_view user_id, unread;
  const bool is_read = object[members::user_id].get(user_id) == simdjson::SUCCESS &&
                       object[members::unread].get(unread) == simdjson::SUCCESS &&
                       object[members::was].get(was) == simdjson::SUCCESS &&
                       object[members::wanted].get(wanted) == simdjson::SUCCESS;
  if (!is_read) return false;
  change.user_id = user_id;
  change.unread = unread;
  for (const auto [name, json] : wanted) {
    Change::Field field{change.kind->find(name), {}, {}};
    if (field.field == change.kind->fields.size()) return false;
    const auto& as = change.kind->fields[field.field];
    if (state::read_value(as, json, field.wanted)) return false;
    simdjson::dom::element before;
    if (was[name].get(before) == simdjson::SUCCESS && state::read_value(as, before, field.was.emplace())) return false;
    change.fields.push_back(std::move(field));
  }
  return true;
}

}  // namespace

state::Entry Effects::Effect::undo(const state::Item* present) const {
  state::Entry entry;
  if (present != nullptr) {
    entry = net.undo(*present);
  } else {
    entry.item = {kind, id, {}, state::Values(kind->fields.size())};
  }
  entry.item.user_id = user_id;
  entry.line = first_line;
  return entry;
}

/// The lines by item, in a database.
struct Effects::Store {
  explicit Store(const koodrive::ResourceCatalogue& known) : kinds(known) {}

  /// Adds the change that `find` is at.
  Result<void> read_change(Effect& effect) {
    simdjson::dom::object object;
    const auto change_text = find->text(2);
    Change change{static_cast<std::uint32_t>(find->number(0)), effect.kind, effect.id, {}, {}, {}};
    if (parser.parse(change_text.data(), change_text.size()).get(object) != simdjson::SUCCESS ||
        !parse_change(object, change)) {
      return unreadable();
    }
    effect.first_line = effect.first_line == 0 ? change.line : std::min(effect.first_line, change.line);
    effect.user_id = change.user_id;
    effect.net.add(change, static_cast<Status>(find->number(1)));
    return {};
  }

  Result<std::optional<Effect>> take(std::int64_t kind, std::string_view id) {
    Effect effect{.kind = &kinds.kinds()[static_cast<std::size_t>(kind)], .id = std::string(id)};
    find->bind(1, kind).bind(2, effect.id);
    for (;;) {
      const auto row = find->next();
      if (!row) return row.error();
      if (!*row) break;
      if (auto read = read_change(effect); !read) return read.error();
    }
    find->reset();
    if (effect.first_line == 0) return std::optional<Effect>();
    if (auto removed = remove->bind(1, kind).bind(2, effect.id).run(); !removed) return removed.error();
    return std::optional(std::move(effect));
  }

  const koodrive::ResourceCatalogue& kinds;
  std::unique_ptr<Database> database{};
  std::optional<Statement> add{}, find{}, remove{}, first{};
  simdjson::dom::parser parser{};
  std::string text{};
};

Effects::Effects(std::unique_ptr<Store> store) : store_(std::move(store)) {}
Effects::~Effects() = default;

Result<std::unique_ptr<Effects>> Effects::create(const std::filesystem::path& folder,
                                                 const koodrive::ResourceCatalogue& kinds) {
  auto database = Database::create(folder, memory_kib);
  if (!database) return database.error();
  auto store = std::make_unique<Store>(kinds);
  store->database = std::move(*database);
  if (auto made = store->database->execute(schema); !made) return made.error();
  if (auto done = store->database->prepare(store->add, "INSERT INTO added VALUES (?1, ?2, ?3, ?4, ?5, ?6)"); !done) {
    return done.error();
  }
  return std::unique_ptr<Effects>(new Effects(std::move(store)));
}

Result<void> Effects::add(const Change& change, Status status, unsigned age) {
  if (!NetEffect::counts(status) || change.fields.empty()) return {};
  auto& text = store_->text;
  text.clear();
  append_change(text, change);
  auto& insert = store_->add->bind(1, change.kind - store_->kinds.kinds().data()).bind(2, change.id);
  insert.bind(3, -std::int64_t{age}).bind(4, std::int64_t{change.line}).bind(5, static_cast<std::int64_t>(status));
  return insert.bind(6, text).run();
}

Result<void> Effects::finish() {
  store_->add.reset();
  if (auto sorted = store_->database->execute(sort_lines); !sorted) return sorted;
  const auto found = store_->database->prepare(
      store_->find, "SELECT line, status, change FROM effects WHERE kind = ?1 AND id = ?2 ORDER BY run, n");
  if (!found) return found;
  const auto removed = store_->database->prepare(store_->remove, "DELETE FROM effects WHERE kind = ?1 AND id = ?2");
  if (!removed) return removed;
  return store_->database->prepare(store_->first, "SELECT kind, id FROM effects ORDER BY kind, id LIMIT 1");
}

Result<std::optional<Effects::Effect>> Effects::take(const koodrive::ResourceKind& kind, std::string_view id) {
  return store_->take(&kind - store_->kinds.kinds().data(), id);
}

Result<std::optional<Effects::Effect>> Effects::take_first() {
  auto& first = *store_->first;
  const auto row = first.next();
  if (!row) return row.error();
  if (!*row) return std::optional<Effect>();
  const auto kind = first.number(0);
  const std::string id(first.text(1));
  first.reset();
  return store_->take(kind, id);
}

}  // namespace koobatch::plan
