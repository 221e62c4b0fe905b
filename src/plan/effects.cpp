#include "plan/effects.hpp"

#include "plan/plan_text.hpp"

#include <utility>

namespace koobatch::plan {
namespace {

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

Result<std::unique_ptr<Effects>> Effects::create(const std::filesystem::path& folder,
                                                 const koodrive::ResourceCatalogue& kinds) {
  auto database = Database::create(folder);
  if (!database) return database.error();
  std::unique_ptr<Effects> effects(new Effects(kinds));
  effects->database_ = std::move(*database);
  if (auto made = effects->database_->execute(schema); !made) return made.error();
  auto add = effects->database_->prepare("INSERT INTO added VALUES (?1, ?2, ?3, ?4, ?5)");
  if (!add) return add.error();
  effects->add_.emplace(std::move(*add));
  return effects;
}

Result<void> Effects::add(const PlanLine& line, Status status) {
  if (!NetEffect::counts(status)) return {};
  text_.clear();
  append_line(text_, line);
  const auto kind = static_cast<std::int64_t>(line.kind - kinds_.kinds().data());
  add_->bind(1, kind).bind(2, line.id).bind(3, static_cast<std::int64_t>(line.n));
  return add_->bind(4, static_cast<std::int64_t>(status)).bind(5, text_).run();
}

Result<void> Effects::finish() {
  add_.reset();
  if (auto sorted = database_->execute(sort_lines); !sorted) return sorted;
  if (auto prepared = prepare(); !prepared) return prepared;
  auto count = database_->prepare("SELECT count(*) FROM (SELECT DISTINCT kind, id FROM effects)");
  if (!count) return count.error();
  const auto row = count->next();
  if (!row) return row.error();
  items_ = static_cast<std::uint64_t>(count->number(0));
  return {};
}

Result<void> Effects::prepare() {
  const auto prepare = [this](std::optional<Statement>& statement, std::string_view sql) -> Result<void> {
    auto prepared = database_->prepare(sql);
    if (!prepared) return prepared.error();
    statement.emplace(std::move(*prepared));
    return {};
  };
  if (auto done = prepare(find_, "SELECT status, line FROM effects WHERE kind = ?1 AND id = ?2 ORDER BY n"); !done) {
    return done;
  }
  if (auto done = prepare(remove_, "DELETE FROM effects WHERE kind = ?1 AND id = ?2"); !done) return done;
  return prepare(first_, "SELECT kind, id FROM effects ORDER BY kind, id LIMIT 1");
}

Result<void> Effects::read_line(Effect& effect) {
  simdjson::dom::object object;
  const auto text = find_->text(1);
  if (parser_.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS) return unreadable();
  const auto line = parse_line(object, kinds_);
  if (!line) return unreadable();
  if (effect.first_n == 0) effect.first_n = line->n;
  effect.user_id = line->user_id;
  effect.net.add(*line, static_cast<Status>(find_->number(0)));
  return {};
}

Result<std::optional<Effects::Effect>> Effects::take(std::int64_t kind, std::string_view id) {
  Effect effect{&kinds_.kinds()[static_cast<std::size_t>(kind)], std::string(id), {}, 0, {}};
  find_->bind(1, kind).bind(2, effect.id);
  for (;;) {
    const auto row = find_->next();
    if (!row) return row.error();
    if (!*row) break;
    if (auto read = read_line(effect); !read) return read.error();
  }
  find_->reset();
  if (effect.first_n == 0) return std::optional<Effect>();
  if (auto removed = remove_->bind(1, kind).bind(2, effect.id).run(); !removed) return removed.error();
  return std::optional(std::move(effect));
}

Result<std::optional<Effects::Effect>> Effects::take(const koodrive::ResourceKind& kind, std::string_view id) {
  return take(&kind - kinds_.kinds().data(), id);
}

Result<std::optional<Effects::Effect>> Effects::take_first() {
  const auto row = first_->next();
  if (!row) return row.error();
  if (!*row) return std::optional<Effect>();
  const auto kind = first_->number(0);
  const std::string id(first_->text(1));
  first_->reset();
  return take(kind, id);
}

}  // namespace koobatch::plan
