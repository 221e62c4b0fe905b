#include "koobatch/plan/captured_results.hpp"

#include "koobatch/core/json.hpp"
#include "koobatch/state/value_reader.hpp"
#include "plan/database.hpp"
#include "plan/planned_values.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

namespace koobatch::plan {
namespace {

namespace dom = simdjson::dom;

/// Results are sorted once, and read in order.
constexpr unsigned memory_kib = 1024;

constexpr const char* schema = "CREATE TABLE added (line, age, status, note); BEGIN";

// Sorted once. The first report has the lowest number.
constexpr const char* sort_results =
    "CREATE TABLE results (line, report, n, status, note, PRIMARY KEY (line, report, n)) WITHOUT ROWID;"
    "INSERT INTO results SELECT line, -age, rowid, status, note FROM added ORDER BY line, -age, rowid;"
    "DROP TABLE added";

/// What the note of a result says.
struct Note {
  std::optional<dom::object> was;  ///< by the names of the operation's fields; null: not shown
  std::string unread{};            ///< otherwise: why not
  std::optional<dom::array> sent;  ///< then: the names of the fields that were sent; nothing: all of the operation

  /// Whether the operation was sent with this field: a retry leaves out what newer operations have set.
  bool has(std::string_view name) const {
    if (was) return (*was)[name].error() == simdjson::SUCCESS;
    if (!sent) return true;
    return std::ranges::any_of(*sent, [&](const dom::element& field) {
      std::string_view text;
      return field.get(text) == simdjson::SUCCESS && text == name;
    });
  }
};

std::optional<Note> parse_note(dom::parser& parser, const std::string& text) {
  dom::object object;
  if (text.empty() || parser.parse(text).get(object) != simdjson::SUCCESS) return std::nullopt;
  Note note;
  if (dom::object was; object[was_member].get(was) == simdjson::SUCCESS) {
    note.was = was;
    return note;
  }
  std::string_view why, because;
  if (object[not_captured_member].get(why) != simdjson::SUCCESS) return std::nullopt;
  note.unread = why;
  if (object[because_member].get(because) == simdjson::SUCCESS) note.unread.append(": ").append(because);
  if (dom::array sent; object[sent_member].get(sent) == simdjson::SUCCESS) note.sent = sent;
  return note;
}

/// Turns the results of one operation into changes.
class Accountant {
 public:
  Accountant(const koodrive::Operation& operation, const koodrive::ResourceKind& kind, Effects& effects,
             const OnLoss& on_loss)
      : operation_(operation), kind_(kind), set_(set_values(operation, kind)), effects_(effects), on_loss_(on_loss) {}

  Result<void> add(const CapturedResult& result) {
    if (!NetEffect::counts(result.status)) return {};
    const auto note = parse_note(note_parser_, result.note);
    // It was given up before it was read, or sent, once more: what it may have done, earlier results say.
    if (!note && result.status == Status::unknown && has_note_) return {};
    has_note_ = has_note_ || note;
    Change change{operation_.line(), &kind_, std::string(operation_.id()), std::string(operation_.user()), {}, {}};
    change.unread = !note ? "unreadable" : note->unread;
    for (const auto& set : set_) {
      if (note && !note->has(set.name)) continue;
      if (set.field) {
        change.fields.push_back({*set.field, note ? was(*note, set) : std::nullopt, set.wanted});
      } else {
        lose(set.name, change.unread);
      }
    }
    return effects_.add(change, result.status, result.age);
  }

 private:
  std::optional<state::Value> was(const Note& note, const SetValue& set) const {
    dom::element json;
    if (!note.was || (*note.was)[set.name].get(json) != simdjson::SUCCESS || json.is_null()) return std::nullopt;
    state::Value value;
    return state::read_value(kind_.fields[*set.field], json, value) ? std::nullopt : std::optional(std::move(value));
  }

  /// Names a field that no item has, once.
  void lose(std::string_view name, const std::string& unread) {
    if (std::ranges::find(lost_, name) != lost_.end()) return;
    lost_.emplace_back(name);
    on_loss_({.reason = unread.empty() ? Finding::Reason::unreadable : Finding::Reason::not_captured,
              .line = operation_.line(),
              .kind = &kind_,
              .id = std::string(operation_.id()),
              .field = std::string(name),
              .message = unread});
  }

  const koodrive::Operation& operation_;
  const koodrive::ResourceKind& kind_;
  const std::vector<SetValue> set_;
  Effects& effects_;
  const OnLoss& on_loss_;
  dom::parser note_parser_;
  std::vector<std::string> lost_;
  bool has_note_ = false;  ///< whether a result so far says what was read
};

/// How an operation ended, in all that is known of it.
Status ended(const std::vector<CapturedResult>& results, Status otherwise) {
  const auto has = [&](Status status) {
    return std::ranges::find(results, status, &CapturedResult::status) != results.end();
  };
  if (has(Status::succeeded)) return Status::succeeded;
  return has(Status::unknown) ? Status::unknown : otherwise;
}

}  // namespace

struct CapturedResults::Store {
  /// Goes to the next row.
  Result<void> step() {
    const auto row = rows->next();
    if (!row) return row.error();
    has_row = *row;
    return {};
  }

  std::unique_ptr<Database> database{};
  std::optional<Statement> insert{}, rows{};
  bool has_row = false;
  dom::parser parser{};
  std::string note{};
};

CapturedResults::CapturedResults(std::unique_ptr<Store> store) : store_(std::move(store)) {}
CapturedResults::~CapturedResults() = default;

Result<std::unique_ptr<CapturedResults>> CapturedResults::create(const std::filesystem::path& folder) {
  auto database = Database::create(folder, memory_kib);
  if (!database) return database.error();
  auto store = std::make_unique<Store>();
  store->database = std::move(*database);
  if (auto made = store->database->execute(schema); !made) return made.error();
  if (auto done = store->database->prepare(store->insert, "INSERT INTO added VALUES (?1, ?2, ?3, ?4)"); !done) {
    return done.error();
  }
  return std::unique_ptr<CapturedResults>(new CapturedResults(std::move(store)));
}

Result<bool> CapturedResults::add(unsigned age, std::uint32_t line, Status status, std::string_view text) {
  dom::object object;
  if (store_->parser.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS) return false;
  auto& note = store_->note;
  note.clear();
  JsonWriter json(note);
  bool is_any = false;
  for (const auto member : {was_member, not_captured_member, because_member, sent_member}) {
    dom::element value;
    if (object[member].get(value) != simdjson::SUCCESS) continue;
    json.raw(member, simdjson::minify(value));
    is_any = true;
  }
  json.end();
  if (!is_any) note.clear();
  auto& insert = store_->insert->bind(1, std::int64_t{line}).bind(2, std::int64_t{age});
  if (auto added = insert.bind(3, static_cast<std::int64_t>(status)).bind(4, note).run(); !added) return added.error();
  return true;
}

Result<void> CapturedResults::finish() {
  store_->insert.reset();
  if (auto sorted = store_->database->execute(sort_results); !sorted) return sorted;
  const auto prepared = store_->database->prepare(
      store_->rows, "SELECT line, report, status, note FROM results ORDER BY line, report, n");
  if (!prepared) return prepared;
  return store_->step();
}

Result<void> CapturedResults::take(std::uint32_t line, std::vector<CapturedResult>& results) {
  results.clear();
  while (store_->has_row && store_->rows->number(0) <= std::int64_t{line}) {
    if (store_->rows->number(0) == std::int64_t{line}) {
      results.push_back({static_cast<Status>(store_->rows->number(2)), std::string(store_->rows->text(3)),
                         static_cast<unsigned>(-store_->rows->number(1))});
    }
    if (auto stepped = store_->step(); !stepped) return stepped;
  }
  return {};
}

Result<void> add_effects(const koodrive::Operation& operation, const std::vector<CapturedResult>& results,
                         Status otherwise, const koodrive::ResourceCatalogue& kinds, Effects& effects,
                         const OnLoss& on_loss) {
  const auto* const kind = kind_of(operation.row(), kinds);
  if (kind == nullptr) {
    if (!NetEffect::counts(ended(results, otherwise))) return {};
    on_loss({.reason = Finding::Reason::not_captured,
             .line = operation.line(),
             .id = std::string(operation.id()),
             .message = "nothing reads what " + std::string(operation.row().name) + " changes"});
    return {};
  }
  Accountant accountant(operation, *kind, effects, on_loss);
  for (const auto& result : results) {
    if (auto added = accountant.add(result); !added) return added;
  }
  return {};
}

}  // namespace koobatch::plan
