#include "job/record_source.hpp"
#include "job_support.hpp"
#include "koobatch/koodrive/operations_file.hpp"
#include "koobatch/retry/selection.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

using namespace koobatch;
using namespace koobatch::retry;

namespace {

constexpr koodrive::FieldSet name = 1, kind = 2, cover = 4;
constexpr std::uint64_t album = 17, other_album = 18, third_album = 19;

/// The lines selected, ascending, each with the fields to leave out.
using Chosen = std::vector<std::pair<std::uint32_t, unsigned>>;

Chosen chosen(const Selection& selection, std::uint32_t last_line = 20) {
  Chosen lines;
  for (std::uint32_t line = 1; line <= last_line; ++line) {
    if (selection.lines.contains(line)) lines.emplace_back(line, selection.without(line));
  }
  return lines;
}

/// A job reader over made-up operations.
class ListedJob final : public job::Reader {
 public:
  struct Entry {
    std::string id;
    std::string name;  ///< empty: not set
    bool sets_kind;
    bool valid = true;
  };
  explicit ListedJob(std::vector<Entry> entries) : entries_(std::move(entries)) {}

  Result<Item> next(koodrive::Operation& operation) override {
    const auto item = skip();
    if (item && *item == Item::operation) render(operation);
    return item;
  }
  Result<Item> skip() override {
    if (line_ == entries_.size()) return Item::end;
    const Entry& entry = entries_[line_++];
    fields_.clear();
    fields_.row = koodrive::service_catalogue().find("update_album");
    const auto set = [&](std::string_view field, std::string_view text) {
      for (std::size_t i = 0; i < fields_.row->fields.size(); ++i) {
        if (fields_.row->fields[i].name == field) fields_.values[i] = {true, false, text, 1, 0, 0};
      }
    };
    set("albumId", entry.id);
    if (!entry.name.empty()) set("name", entry.name);
    if (entry.sets_kind) set("scopeKind", "");
    return entry.valid ? Item::operation : Item::invalid;
  }
  const koodrive::Fields& fields() const override { return fields_; }
  std::string_view user() const override { return {}; }
  void remove(koodrive::FieldSet unwanted) override { fields_.remove(unwanted); }
  void render(koodrive::Operation& operation) const override {
    koodrive::OperationBuilder::build(fields_, line_, "7", "", operation);
  }
  void append_record(std::string& out) const override { out.append("record"); }
  void append_json(std::string& out) const override { out.append("{}"); }
  std::uint32_t line() const override { return line_; }
  std::uint32_t last_line() const override { return line_; }
  const std::vector<koodrive::Violation>& violations() const override { return violations_; }
  std::string_view invalid_op() const override { return {}; }
  std::string_view invalid_id() const override { return {}; }
  job::Digest digest() const override { return {}; }
  bool cut_short() const override { return false; }

 private:
  std::vector<Entry> entries_;
  std::uint32_t line_ = 0;
  koodrive::Fields fields_;
  std::vector<koodrive::Violation> violations_;
};

LineStates states(std::initializer_list<std::uint32_t> wanted, std::initializer_list<std::uint32_t> succeeded) {
  LineStates lines;
  for (const auto line : wanted) lines.wanted.insert(line);
  for (const auto line : succeeded) lines.succeeded.insert(line);
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retry_selection)

BOOST_AUTO_TEST_CASE(what_nothing_newer_has_set_is_repeated_whole_and_in_file_order) {
  Selector selector;
  selector.add_wanted(2, {album, name});
  selector.add_wanted(5, {other_album, name | kind});
  selector.add_wanted(9, {album, cover});
  const auto selection = selector.finish();
  BOOST_TEST((chosen(selection) == Chosen{{2, 0}, {5, 0}, {9, 0}}));
  BOOST_TEST(selection.superseded == 0U);
}

BOOST_AUTO_TEST_CASE(an_operation_all_of_whose_fields_were_set_again_is_left_out_and_counted) {
  Selector selector;
  selector.add_wanted(1, {album, name | kind});
  selector.add_succeeded(2, {album, kind});
  selector.add_succeeded(3, {album, name | cover});
  const auto selection = selector.finish();
  BOOST_TEST(chosen(selection).empty());
  BOOST_TEST(selection.superseded == 1U);
}

BOOST_AUTO_TEST_CASE(where_some_fields_were_set_again_only_those_are_left_out) {
  Selector selector;
  selector.add_wanted(1, {album, name | kind | cover});
  selector.add_succeeded(2, {album, kind});
  selector.add_wanted(3, {album, name | kind});
  selector.add_succeeded(4, {album, name});
  const auto selection = selector.finish();
  BOOST_TEST((chosen(selection) == Chosen{{1, name | kind}, {3, name}}));
  BOOST_TEST(selection.superseded == 0U);
}

BOOST_AUTO_TEST_CASE(what_came_before_supersedes_nothing) {
  Selector selector;
  selector.add_succeeded(1, {album, name});
  selector.add_wanted(2, {album, name});
  selector.add_succeeded(3, {album, kind});
  BOOST_TEST((chosen(selector.finish()) == Chosen{{2, 0}}));
}

BOOST_AUTO_TEST_CASE(what_was_set_on_another_resource_supersedes_nothing) {
  Selector selector;
  selector.add_wanted(1, {album, name});
  selector.add_succeeded(2, {other_album, name});
  selector.add_wanted(3, {other_album, name});
  BOOST_TEST((chosen(selector.finish()) == Chosen{{1, 0}, {3, 0}}));
}

BOOST_AUTO_TEST_CASE(a_later_operation_that_did_not_succeed_supersedes_nothing) {
  // Lines 2 (wanted as well) and 3 (rejected, so neither wanted nor succeeded) would set the same field.
  ListedJob job({{"a", "one", false}, {"a", "two", false}, {"a", "three", false}});
  const auto selection = select(job, states({1, 2}, {})).value();
  BOOST_TEST((chosen(selection) == Chosen{{1, 0}, {2, 0}}));
}

BOOST_AUTO_TEST_CASE(only_the_wanted_operations_of_a_job_are_selected_by_resource_and_fields) {
  ListedJob job(
      {{"a", "one", true}, {"b", "one", true}, {"", "", false, false}, {"a", "two", false}, {"b", "two", true}});
  const auto selection = select(job, states({1, 2}, {4, 5})).value();
  const auto lines = chosen(selection);
  BOOST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(lines[0].first == 1U);
  BOOST_TEST(lines[0].second == name, "the name is the first thing that the album's operations set");
  BOOST_TEST(selection.superseded == 1U);
}

BOOST_AUTO_TEST_CASE(what_may_have_been_applied_is_remembered) {
  ListedJob job({{"a", "one", false}, {"b", "one", false}});
  auto lines = states({1, 2}, {});
  lines.unsettled.insert(2);
  const auto selection = select(job, std::move(lines)).value();
  BOOST_TEST(!selection.unsettled.contains(1));
  BOOST_TEST(selection.unsettled.contains(2));
}

BOOST_AUTO_TEST_CASE(a_wanted_line_without_an_operation_is_an_error) {
  ListedJob job({{"a", "one", false}, {"", "", false, false}});
  BOOST_TEST(!select(job, states({1, 2}, {})).has_value());
}

BOOST_AUTO_TEST_CASE(a_narrowed_csv_record_keeps_its_other_cells_and_its_columns) {
  const std::string text =
      "op,ref,albumId,name,scopeDirList,user_id\n"
      "update_album,\"say \"\"hi\"\"\",a/1,\"two\nlines, and a comma\",d1;d2,7\n";
  auto source = job::read_csv(job::LineSplitter(job_support::text_source(text, 7), "a.csv"),
                              koodrive::service_catalogue(), "a.csv")
                    .value();
  BOOST_TEST(source->line() == 1U);
  BOOST_TEST(source->last_line() == 1U);
  koodrive::Fields fields;
  std::vector<koodrive::Violation> violations;
  BOOST_REQUIRE(source->next(fields, violations).value());
  BOOST_TEST(source->line() == 2U);
  BOOST_TEST(source->last_line() == 3U);
  std::string whole;
  source->append_record(fields, whole);
  BOOST_TEST(whole == "update_album,\"say \"\"hi\"\"\",a/1,\"two\nlines, and a comma\",d1;d2,7");
  fields.remove(name);
  std::string narrowed;
  source->append_record(fields, narrowed);
  BOOST_TEST(narrowed == "update_album,\"say \"\"hi\"\"\",a/1,,d1;d2,7");
}

BOOST_AUTO_TEST_CASE(a_narrowed_ndjson_record_keeps_its_other_members) {
  const std::string text =
      R"({"ref":"r\"1","op":"update_album","language":"de","albumId":"a","name":"n","scopeDirList":["x","y"],)"
      R"("scopeKind":2,"user_id":"7"})";
  auto source = job::read_ndjson(job::LineSplitter(job_support::text_source(text, 7), "a.ndjson"),
                                 koodrive::service_catalogue(), "a.ndjson");
  koodrive::Fields fields;
  std::vector<koodrive::Violation> violations;
  BOOST_REQUIRE(source->next(fields, violations).value());
  fields.remove(name);
  std::string narrowed;
  source->append_record(fields, narrowed);
  BOOST_TEST(narrowed == R"({"op":"update_album","albumId":"a","scopeDirList":["x","y"],"scopeKind":2,)"
                         R"("user_id":"7","language":"de","ref":"r\"1"})");
}

BOOST_AUTO_TEST_CASE(what_a_newer_operation_of_another_kind_has_set_is_not_undone) {
  constexpr std::string_view text = R"(format = 1
[operation.write_note]
request = "PUT /notes/{noteId}"
key = "note:{noteId}"
repeatable = true
fields.noteId = { in = "path", type = "text", required = true }
fields.text = { type = "text", required = true }
[operation.mark_note]
request = "POST /notes/{noteId}/mark"
key = "note:{noteId}"
repeatable = true
fields.noteId = { in = "path", type = "text", required = true }
fields.colour = { type = "integer" }
fields.mode = { type = "integer", sets = false }
fields.body = { type = "text", sets = "text" }
)";
  const auto catalogue = koodrive::parse_operations(text, "ops.toml", {});
  BOOST_REQUIRE_MESSAGE(catalogue, catalogue.error().message);
  const job_support::TemporaryFolder folder;
  job::ReaderSettings settings;
  settings.require_user = false;
  settings.catalogue = &*catalogue;
  const auto job = folder.write("a.ndjson", R"({"op":"mark_note","noteId":"1","colour":1,"mode":2,"body":"old"}
{"op":"mark_note","noteId":"2","body":"old"}
{"op":"write_note","noteId":"3","text":"old"}
{"op":"write_note","noteId":"1","text":"new"}
{"op":"write_note","noteId":"2","text":"new"}
{"op":"mark_note","noteId":"3","body":"new"}
)");
  auto reader = job::open_job(job, settings);
  BOOST_REQUIRE(reader);
  const auto selection = select(**reader, states({1, 2, 3}, {4, 5, 6}));
  BOOST_REQUIRE(selection);
  BOOST_TEST(selection->superseded == 2U);
  BOOST_REQUIRE(chosen(*selection).size() == 1U);
  BOOST_TEST(chosen(*selection)[0].first == 1U);
  reader = job::open_job(job, settings);
  BOOST_TEST(((*reader)->skip().value() == job::Reader::Item::operation));
  (*reader)->remove(selection->without(1));
  std::string record;
  (*reader)->append_json(record);
  BOOST_TEST(record == R"({"op":"mark_note","noteId":"1","colour":1,"mode":2})");
}

BOOST_AUTO_TEST_CASE(an_operation_that_cannot_be_sent_in_part_is_left_out_if_a_part_was_set_again) {
  Selector selector;
  selector.add_wanted(1, {album, name | kind, name});
  selector.add_wanted(2, {other_album, name | kind, name});
  selector.add_succeeded(3, {album, kind});
  selector.add_succeeded(4, {other_album, name});
  selector.add_wanted(5, {third_album, name | kind, 0});
  selector.add_succeeded(6, {third_album, name | kind});
  const auto selection = selector.finish();
  BOOST_TEST((chosen(selection) == Chosen{{2, name}}));
  BOOST_TEST(selection.superseded == 2U);
  BOOST_TEST((selection.superseded_in_part == std::vector<std::uint32_t>{1}));
}

/// Of a record of such an operation, read from a file: what it sets, and what of that it need not.
struct Parts {
  std::string changed, removable;
};

Parts parts_of(const std::string& operation, const std::string& record) {
  const auto catalogue = koodrive::parse_operations(
      "format = 1\n[operation.mark]\nrequest = \"POST /notes/{id}\"\nkey = \"note:{id}\"\n"
      "fields.id = { in = \"path\", type = \"text\", required = true }\n" +
          operation,
      "ops.toml", {});
  BOOST_REQUIRE_MESSAGE(catalogue, catalogue.error().message);
  auto source = job::read_ndjson(
      job::LineSplitter(job_support::text_source(R"({"op":"mark","id":"7")" + record + "}\n", 7), "a.ndjson"),
      *catalogue, "a.ndjson");
  koodrive::Fields fields;
  std::vector<koodrive::Violation> violations;
  BOOST_REQUIRE(source->next(fields, violations).value());
  const auto named = [&](koodrive::FieldSet set) {
    std::string names;
    for (const auto& field : fields.row->fields) {
      if (field.target != koodrive::FieldRow::no_target && (set >> field.target & 1U) != 0) names += field.name;
    }
    return names;
  };
  return {named(fields.changed()), named(fields.changed() & fields.removable())};
}

BOOST_AUTO_TEST_CASE(what_something_else_depends_on_is_not_left_out) {
  const auto check = [](const std::string& operation, const std::string& record, const std::string& changed,
                        const std::string& removable) {
    const auto parts = parts_of(operation, record);
    BOOST_TEST(parts.changed == changed, operation);
    BOOST_TEST(parts.removable == removable, operation);
  };
  const std::string all = R"(,"a":1,"b":2,"c":3)";
  const std::string free = "fields.b = { type = \"integer\" }\nfields.c = { type = \"integer\" }\n";
  const std::string always = "repeatable = true\n";
  check(always + "fields.a = { type = \"integer\" }\n" + free, all, "abc", "abc");
  check(always + "fields.a = { type = \"integer\", required = true }\n" + free, all, "abc", "bc");
  check(always + "fields.a = { type = \"integer\", default = 0 }\n" + free, all, "abc", "bc");
  check(always + "fields.a = { type = \"integer\", default = 0 }\n" + free, R"(,"b":2)", "ab", "b");
  check(always + "fields.a = { type = \"integer\", same_as = \"b\" }\n" + free, all, "abc", "c");
  check(always + "fields.a = { type = \"integer\" }\nat_least_one_of = [\"a\", \"b\", \"c\"]\n" + free, all, "abc",
        "abc");
  check(always + "fields.a = { type = \"integer\" }\nat_least_one_of = [\"a\", \"b\"]\n" + free, all, "abc", "c");
  check("repeatable = { a = [1] }\nfields.a = { type = \"integer\" }\n" + free, all, "abc", "bc");
}

BOOST_AUTO_TEST_CASE(what_was_set_where_another_value_selects_something_else_supersedes_nothing) {
  const job_support::TemporaryFolder folder;
  job::ReaderSettings settings;
  settings.require_user = false;
  settings.catalogue = &koodrive::service_catalogue();
  const auto job = folder.write("a.ndjson", R"({"op":"update_space","ownerId":"7","type":1,"capacity":5}
{"op":"update_space","ownerId":"7","type":0,"capacity":9}
{"op":"update_space","ownerId":"8","type":1,"capacity":5}
{"op":"update_space","ownerId":"8","type":1,"capacity":9}
{"op":"rename_file","fileId":"7","containerId":"c","name":"a","renameMode":3}
{"op":"rename_file","fileId":"7","containerId":"c","name":"b","renameMode":2}
{"op":"update_space","ownerId":"9","type":1,"capacity":5}
{"op":"update_space","ownerId":"9","capacity":9}
{"op":"update_space","ownerId":"9","containerId":"c","capacity":5}
{"op":"update_space","ownerId":"9","type":1,"capacity":9}
)");
  const auto reader = job::open_job(job, settings);
  BOOST_REQUIRE(reader);
  const auto selection = select(**reader, states({1, 3, 5, 7, 9}, {2, 4, 6, 8, 10}));
  BOOST_REQUIRE(selection);
  BOOST_TEST((chosen(*selection) == Chosen{{1, 0}}), "line 6 sets the same name, though in another way");
  BOOST_TEST(selection->superseded == 4U, "without all selecting values, it may be the same");
  BOOST_TEST(selection->superseded_in_part.empty());
}

BOOST_AUTO_TEST_CASE(rare_things_are_told_apart_too) {
  constexpr koodrive::FieldSet ninth = 1U << 9U, last = 1U << 31U;
  Selector selector;
  selector.add_wanted(1, {album, name | ninth | last});
  selector.add_wanted(2, {other_album, last});
  selector.add_succeeded(3, {album, last});
  selector.add_succeeded(4, {other_album, ninth});
  const auto selection = selector.finish();
  BOOST_TEST((chosen(selection) == Chosen{{1, last}, {2, 0}}));
}

BOOST_AUTO_TEST_SUITE_END()
