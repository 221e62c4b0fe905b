#include "koobatch/plan/effects.hpp"

#include "plan/database.hpp"
#include "plan/plan_text.hpp"

#include <simdjson.h>

#include <utility>

namespace koobatch::plan {
namespace {

/// Items are looked up in any order, for which no cache of a bearable size would do; the join beside it needs more.
constexpr unsigned memory_kib = 2048;

constexpr const char* schema = "CREATE TABLE added (kind, id, n, status, line); BEGIN";

// Sorted once, which is faster than adding each line at its place.
constexpr const char* sort_lines =
    "CREATE TABLE effects (kind, id, n, status, line, PRIMARY KEY (kind, id, n)) WITHOUT ROWID;"
    "INSERT INTO effects SELECT * FROM added ORDER BY kind, id, n; DROP TABLE added";

/// Nobody else has written there.
Error unreadable() {
  return fatal_error("the temporary file for what a run has done holds something else than was written to it");
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
  entry.line = static_cast<std::uint32_t>(first_n + 1);  // the header comes before it
  return entry;
}

/// The lines by item, in a database.
struct Effects::Store {
  explicit Store(const koodrive::ResourceCatalogue& known) : kinds(known) {}

  Result<void> prepare(std::optional<Statement>& statement, std::string_view sql) {
    auto prepared = database->prepare(sql);
    if (!prepared) return prepared.error();
    statement.emplace(std::move(*prepared));
    return {};
  }

  /// Adds the line that `find` is at.
  Result<void> read_line(Effect& effect) {
    simdjson::dom::object object;
    const auto line_text = find->text(1);
    if (parser.parse(line_text.data(), line_text.size()).get(object) != simdjson::SUCCESS) return unreadable();
    const auto line = parse_line(object, kinds);
    if (!line) return unreadable();
    if (effect.first_n == 0) effect.first_n = line->n;
    effect.user_id = line->user_id;
    effect.net.add(*line, static_cast<Status>(find->number(0)));
    return {};
  }

  Result<std::optional<Effect>> take(std::int64_t kind, std::string_view id) {
    Effect effect{&kinds.kinds()[static_cast<std::size_t>(kind)], std::string(id), {}, 0, {}};
    find->bind(1, kind).bind(2, effect.id);
    for (;;) {
      const auto row = find->next();
      if (!row) return row.error();
      if (!*row) break;
      if (auto read = read_line(effect); !read) return read.error();
    }
    find->reset();
    if (effect.first_n == 0) return std::optional<Effect>();
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
  if (auto done = store->prepare(store->add, "INSERT INTO added VALUES (?1, ?2, ?3, ?4, ?5)"); !done) {
    return done.error();
  }
  return std::unique_ptr<Effects>(new Effects(std::move(store)));
}

Result<void> Effects::add(const PlanLine& line, Status status) {
  if (!NetEffect::counts(status)) return {};
  auto& text = store_->text;
  text.clear();
  append_line(text, line);
  auto& statement = store_->add->bind(1, line.kind - store_->kinds.kinds().data()).bind(2, line.id);
  return statement.bind(3, static_cast<std::int64_t>(line.n))
      .bind(4, static_cast<std::int64_t>(status))
      .bind(5, text)
      .run();
}

Result<void> Effects::finish() {
  store_->add.reset();
  if (auto sorted = store_->database->execute(sort_lines); !sorted) return sorted;
  const auto found =
      store_->prepare(store_->find, "SELECT status, line FROM effects WHERE kind = ?1 AND id = ?2 ORDER BY n");
  if (!found) return found;
  const auto removed = store_->prepare(store_->remove, "DELETE FROM effects WHERE kind = ?1 AND id = ?2");
  if (!removed) return removed;
  return store_->prepare(store_->first, "SELECT kind, id FROM effects ORDER BY kind, id LIMIT 1");
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
