#include "plan/item_join.hpp"

#include "koobatch/core/describe.hpp"
#include "plan/scope.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <set>
#include <utility>

namespace koobatch::plan {
namespace {

constexpr unsigned memory_kib = 16384;

// Of kinds whose names are not unique, the scope is empty.
constexpr const char* schema =
    "CREATE TABLE present (kind, id, scope, name_key, item, PRIMARY KEY (kind, id)) WITHOUT ROWID;"
    "CREATE TABLE desired (kind, id, line, item, exported, PRIMARY KEY (kind, id)) WITHOUT ROWID;"
    "CREATE TABLE later_present (kind, id, scope, name_key, item);"
    "CREATE TABLE later_desired (kind, id, line, item, exported);"
    "BEGIN";

constexpr const char* sort_present =
    "INSERT OR REPLACE INTO present SELECT * FROM later_present ORDER BY kind, id, rowid; DROP TABLE later_present";
// Of an item that is desired twice, the later line stays where it is.
constexpr const char* sort_desired =
    "INSERT OR IGNORE INTO desired SELECT * FROM later_desired ORDER BY kind, id, rowid";

constexpr std::string_view doubled =
    "SELECT later.line, desired.line, desired.item FROM later_desired AS later CROSS JOIN desired"
    " ON desired.kind = later.kind AND desired.id = later.id WHERE desired.line <> later.line"
    " ORDER BY later.rowid LIMIT 1";

constexpr const char* name_index = "CREATE INDEX present_name ON present (name_key) WHERE scope <> x''";

// The two are read side by side. Rows that are equal byte by byte are as desired, and need not be parsed.
constexpr std::string_view differences =
    "SELECT desired.line, desired.item, desired.exported, present.item, present.scope FROM desired LEFT JOIN present"
    " ON present.kind = desired.kind AND present.id = desired.id"
    " WHERE present.item IS NULL OR present.item <> desired.item ORDER BY desired.kind, ";

constexpr std::string_view kind_counts =
    "SELECT (SELECT count(*) FROM present WHERE kind = ?1), (SELECT count(*) FROM desired WHERE kind = ?1),"
    " (SELECT count(*) FROM desired WHERE kind = ?1 AND NOT EXISTS"
    " (SELECT 1 FROM present WHERE present.kind = ?1 AND present.id = desired.id))";

/// Only this object writes to the file.
Error unreadable() {
  return fatal_error("the temporary file for comparing items holds something other than what was written to it");
}

}  // namespace

Result<std::unique_ptr<ItemJoin>> ItemJoin::create(const std::filesystem::path& folder,
                                                   const koodrive::ResourceCatalogue& kinds, Names names) {
  auto database = Database::create(folder, memory_kib);
  if (!database) return database.error();
  std::unique_ptr<ItemJoin> join(new ItemJoin(kinds, names));
  join->database_ = std::move(*database);
  if (auto prepared = join->prepare(); !prepared) return prepared.error();
  return join;
}

Result<void> ItemJoin::prepare() {
  if (auto made = database_->execute(schema); !made) return made;
  if (auto prepared = prepare(present_, "present"); !prepared) return prepared;
  return prepare(desired_, "desired");
}

Result<void> ItemJoin::prepare(Table& table, std::string_view name) {
  for (const auto& [prefix, statement] : {std::pair("", &table.add), std::pair("later_", &table.add_later)}) {
    const auto insert = fmt::format("INSERT INTO {}{} VALUES (?1, ?2, ?3, ?4, ?5)", prefix, name);
    if (auto prepared = database_->prepare(*statement, insert); !prepared) return prepared;
  }
  return {};
}

Statement& ItemJoin::Table::for_key(std::int64_t kind, std::string_view id) {
  const bool is_next = kind > last_kind || (kind == last_kind && id > last_id);
  if (is_next) {
    last_kind = kind;
    last_id = id;
  } else {
    ++later;
  }
  return (is_next ? *add : *add_later).bind(1, kind).bind(2, id);
}

std::int64_t ItemJoin::number_of(const koodrive::ResourceKind& kind) const {
  return &kind - kinds_.kinds().data();
}

std::optional<std::size_t> ItemJoin::grouping_field(const koodrive::ResourceKind& kind) const {
  return names_ == Names::unique ? unique_field(kind) : std::nullopt;
}

Result<void> ItemJoin::add_present(const state::Item& item) {
  item_.clear();
  append_item(item_, item);
  std::string scope;
  std::uint64_t key = 0;
  if (const auto field = grouping_field(*item.kind)) {
    scope = scope_of(item, *field);
    key = name_key(*item.kind, scope, name_of(item, *field));
  }
  auto& statement = present_.for_key(number_of(*item.kind), item.id);
  return statement.bind(3, scope).bind(4, std::bit_cast<std::int64_t>(key)).bind(5, item_).run();
}

Result<void> ItemJoin::add_desired(const state::Entry& entry) {
  assert(!entry.item.id.empty());
  item_.clear();
  exported_.clear();
  append_item(item_, entry.item);
  if (!entry.exported.empty()) state::append_item(exported_, {entry.item.kind, {}, {}, entry.exported});
  auto& statement = desired_.for_key(number_of(*entry.item.kind), entry.item.id);
  return statement.bind(3, std::int64_t{entry.line}).bind(4, item_).bind(5, exported_).run();
}

Result<void> ItemJoin::sort(Table& table, const char* statement) {
  // The tables cannot be dropped while statements are prepared for them.
  table.add.reset();
  table.add_later.reset();
  return table.later > 0 ? database_->execute(statement) : Result<void>();
}

Result<void> ItemJoin::find_doubled() {
  if (desired_.later == 0 || database_->changes() == desired_.later) return {};
  auto found = database_->prepare(doubled);
  if (!found) return found.error();
  const auto row = found->next();
  if (!row) return row.error();
  if (!*row) return {};
  state::Item item;
  if (!parser_.parse(found->text(2), item)) return unreadable();
  return job_error(fmt::format("line {}: the {} {} is on line {} already; say only once how it should be",
                               found->number(0), item.kind->name, quote(item.id), found->number(1)));
}

Result<void> ItemJoin::finish() {
  if (auto sorted = sort(present_, sort_present); !sorted) return sorted;
  if (auto sorted = sort(desired_, sort_desired); !sorted) return sorted;
  if (auto checked = find_doubled(); !checked) return checked;
  const bool has_groups = names_ == Names::unique;
  if (has_groups) {
    if (auto made = database_->execute(name_index); !made) return made;
  }
  if (auto committed = database_->execute("COMMIT"); !committed) return committed;
  auto query = std::string(differences).append(has_groups ? "present.scope, desired.id" : "desired.id");
  if (auto prepared = database_->prepare(differences_, query); !prepared) return prepared;
  if (has_groups) {
    const auto named = database_->prepare(named_, "SELECT item FROM present WHERE name_key = ?1 AND scope <> x''");
    if (!named) return named;
  }
  return rewind();
}

Result<bool> ItemJoin::read_pair() {
  next_.reset();
  next_scope_.clear();
  const auto row = differences_->next();
  if (!row || !*row) return row;
  auto& [desired, present] = next_.emplace();
  desired.line = static_cast<std::uint32_t>(differences_->number(0));
  if (!parser_.parse(differences_->text(1), desired.item)) return unreadable();
  if (const auto exported = differences_->text(2); !exported.empty()) {
    state::Item item;
    if (!parser_.parse(exported, item)) return unreadable();
    desired.exported = std::move(item.values);
  }
  if (differences_->is_null(3)) return true;
  if (!parser_.parse(differences_->text(3), present.emplace())) return unreadable();
  next_scope_ = differences_->text(4);
  return true;
}

Result<bool> ItemJoin::next_group(std::vector<Pair>& group) {
  group.clear();
  if (!next_) return false;
  const auto scope = next_scope_;
  const auto* const kind = next_->desired.item.kind;
  do {
    group.push_back(std::move(*next_));
    if (const auto more = read_pair(); !more) return more;
  } while (!scope.empty() && next_ && next_scope_ == scope && next_->desired.item.kind == kind);
  return true;
}

Result<void> ItemJoin::rewind() {
  differences_->reset();
  const auto first = read_pair();
  return first ? Result<void>() : first.error();
}

Result<std::vector<state::Item>> ItemJoin::bystanders(std::span<const Pair> group) {
  std::vector<state::Item> found;
  if (group.empty() || !group.front().present) return found;
  const auto& kind = *group.front().present->kind;
  const auto field = grouping_field(kind);
  if (!field) return found;
  const auto scope = scope_of(*group.front().present, *field);
  std::set<std::string_view> members;
  std::set<std::uint64_t> keys;
  for (const auto& pair : group) {
    members.insert(pair.desired.item.id);
    const auto wanted = name_of(pair.desired.item, *field);
    if (!wanted.empty()) keys.insert(name_key(kind, scope, wanted));
  }
  for (const auto key : keys) {
    if (auto read = find_named(key, found); !read) return read.error();
  }
  std::erase_if(found, [&](const state::Item& item) { return members.contains(item.id); });
  std::ranges::sort(found, {}, &state::Item::id);
  return found;
}

Result<void> ItemJoin::find_named(std::uint64_t key, std::vector<state::Item>& out) {
  named_->bind(1, std::bit_cast<std::int64_t>(key));
  for (;;) {
    const auto row = named_->next();
    if (!row) return row.error();
    if (!*row) break;
    if (!parser_.parse(named_->text(0), out.emplace_back())) return unreadable();
  }
  named_->reset();
  return {};
}

Result<bool> ItemJoin::is_taken(const state::Item& in_scope, std::string_view name) {
  const auto field = grouping_field(*in_scope.kind);
  if (!field) return false;
  std::vector<state::Item> found;
  if (auto read = find_named(name_key(*in_scope.kind, scope_of(in_scope, *field), name), found); !read) {
    return read.error();
  }
  return !found.empty();
}

Result<std::vector<KindCounts>> ItemJoin::counts() {
  auto statement = database_->prepare(kind_counts);
  if (!statement) return statement.error();
  std::vector<KindCounts> counts;
  for (const auto& kind : kinds_.kinds()) {
    const auto row = statement->bind(1, number_of(kind)).next();
    if (!row) return row.error();
    const auto number = [&](int column) { return static_cast<std::uint64_t>(statement->number(column)); };
    if (number(0) > 0 || number(1) > 0) counts.push_back({std::string(kind.name), number(0), number(1), 0, number(2)});
    statement->reset();
  }
  return counts;
}

}  // namespace koobatch::plan
