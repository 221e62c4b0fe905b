#include "koobatch/plan/planner.hpp"
#include "koobatch/plan/limits.hpp"
#include "state_support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace koobatch;
using namespace koobatch::plan;
using namespace std::string_literals;
using state::Item;
using state::Json;
using state::Value;
using state_support::item;

namespace {

using Texts = std::vector<std::string>;
using Values = std::vector<std::pair<std::string_view, Value>>;

const PlannerSettings unique_names{.plan_id = "1a2b3c4d5e6f"};

Wish wish(const Item& present, const Values& wanted, std::uint32_t line = 1) {
  Wish made;
  made.desired.line = line;
  made.desired.item = item(present.kind->name, present.id, wanted);
  made.present = present;
  return made;
}

Item folder(std::string id, std::string name) {
  return item("shared_folder", std::move(id), {{"name", std::move(name)}, {"ownerId", "42"s}}, "7");
}
Wish renaming(std::string id, std::string was, std::string wanted) {
  return wish(folder(std::move(id), std::move(was)), {{"name", std::move(wanted)}});
}

std::string text_of(const PlanLine& line) {
  std::string out = std::to_string(line.n) + " " + std::string(line.operation->name) + " " + line.id;
  for (const auto& setting : line.settings) {
    out += " " + std::string(line.kind->fields[setting.field].name) + " " + describe(setting.was);
    out += (setting.is_carried ? "=" : ">") + describe(setting.wanted);
  }
  if (line.needs) out += " needs " + std::to_string(*line.needs);
  if (line.is_temporary) out += " temporary";
  return out;
}
Texts lines_of(const GroupPlan& plan) {
  Texts out;
  for (const auto& line : plan.lines) out.push_back(text_of(line));
  return out;
}
Texts planned(const std::vector<Wish>& wishes, const std::vector<Item>& bystanders = {},
              const PlannerSettings& settings = unique_names) {
  return lines_of(plan_group(wishes, bystanders, settings, 1));
}

Texts findings_of(const GroupPlan& plan) {
  constexpr std::string_view reasons[] = {"missing",      "changed since", "unreadable",      "unset",
                                          "invalid",      "name held",     "name held twice", "name wished twice",
                                          "no temporary", "looks same",    "near clash"};
  Texts out;
  for (const auto& finding : plan.findings) {
    out.push_back(
        finding.id + " " + finding.field + " " + std::string(reasons[static_cast<std::size_t>(finding.reason)]) +
        (finding.other.empty() ? "" : " " + finding.other) + (finding.message.empty() ? "" : ": " + finding.message));
  }
  return out;
}
Texts found(const std::vector<Wish>& wishes, const std::vector<Item>& bystanders = {}) {
  return findings_of(plan_group(wishes, bystanders, unique_names, 1));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(planner)

BOOST_AUTO_TEST_CASE(a_state_that_is_as_desired_needs_nothing) {
  const auto album =
      item("album", "1", {{"name", "a"s}, {"scopeDir", Texts{"1", "2"}}, {"scopeKind", std::int64_t{1}}});
  Wish same;
  same.desired.item = album;
  same.present = album;
  const auto plan = plan_group({{same}}, {}, unique_names, 1);
  BOOST_TEST(plan.lines.empty());
  BOOST_TEST(plan.findings.empty());
  BOOST_TEST(plan.changed_items == 0U);
  BOOST_TEST(planned({wish(album, {{"scopeDir", Texts{"2", "1"}}})}) == Texts{}, boost::test_tools::per_element());
  BOOST_TEST(planned({}) == Texts{}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_differs_is_set_with_what_it_was) {
  const auto album =
      item("album", "1", {{"name", "a"s}, {"scopeKind", std::int64_t{1}}, {"albumKind", std::int64_t{1}}});
  BOOST_TEST(planned({wish(album, {{"scopeKind", std::int64_t{2}}, {"albumKind", std::int64_t{2}}})}) ==
                 Texts{"1 update_album 1 scopeKind 1>2"},
             boost::test_tools::per_element());
  BOOST_TEST(planned({wish(album, {{"name", "b"s}, {"scopeKind", std::int64_t{2}}})}) ==
                 Texts{"1 update_album 1 name \"a\">\"b\" scopeKind 1>2"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_user_is_the_one_that_is_desired_or_whose_item_it_is) {
  auto own = renaming("1", "a", "b");
  BOOST_TEST(plan_group({{own}}, {}, unique_names, 1).lines.at(0).user_id == "7");
  own.desired.item.user_id = "8";
  BOOST_TEST(plan_group({{own}}, {}, unique_names, 1).lines.at(0).user_id == "8");
}

BOOST_AUTO_TEST_CASE(what_changed_since_the_export_is_left_alone) {
  auto changed = renaming("1", "now", "wanted");
  changed.desired.exported = folder("1", "then").values;
  BOOST_TEST(found({changed}) == Texts{"1 name changed since"}, boost::test_tools::per_element());
  BOOST_TEST(planned({changed}) == Texts{}, boost::test_tools::per_element());
  changed.desired.exported = folder("1", "now").values;
  BOOST_TEST(planned({changed}).size() == 1U);
  auto already = renaming("1", "wanted", "wanted");
  already.desired.exported = folder("1", "then").values;
  BOOST_TEST(found({already}) == Texts{}, boost::test_tools::per_element());
  // An empty cell stands for an empty value and for an absent one.
  auto empty = wish(item("album", "1", {{"name", ""s}}), {{"name", "a"s}});
  empty.desired.exported.resize(empty.present.values.size());
  BOOST_TEST(planned({empty}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_not_shown_or_cannot_be_unset_is_left_out) {
  const auto album = item("album", "1", {{"name", "a"s}, {"scopeParentFolderId", ""s}});
  BOOST_TEST(found({wish(album, {{"scopeKind", std::int64_t{2}}})}) == Texts{"1 scopeKind unreadable"},
             boost::test_tools::per_element());
  BOOST_TEST(found({wish(album, {{"name", ""s}})}) == Texts{"1 name unset"}, boost::test_tools::per_element());
  BOOST_TEST(found({wish(album, {{"scopeParentFolderId", ""s}})}) == Texts{}, boost::test_tools::per_element());
  // The rest is planned.
  BOOST_TEST(planned({wish(album, {{"scopeKind", std::int64_t{2}}, {"name", "b"s}})}) ==
                 Texts{"1 update_album 1 name \"a\">\"b\""},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(rules_apply_to_what_is_written_alone) {
  BOOST_TEST(found({renaming("1", "old*name", "new*name")}) ==
                 Texts{"1 name invalid: contains '*', which is not allowed (< > | : * ? \" /)"},
             boost::test_tools::per_element());
  BOOST_TEST(found({renaming("1", "old*name", "old*name")}) == Texts{}, boost::test_tools::per_element());
  const auto album = item("album", "1", {{"scopeKind", std::int64_t{1}}});
  BOOST_TEST(found({wish(album, {{"scopeKind", std::int64_t{3}}})}).at(0).starts_with("1 scopeKind invalid: is 3"));
}

BOOST_AUTO_TEST_CASE(a_change_that_nobody_sees_is_made_and_told) {
  const auto change = renaming("1", "Pl\u00e4ne", "Pla\u0308ne");
  BOOST_TEST(planned({change}).size() == 1U);
  BOOST_TEST(found({change}) == Texts{"1 name looks same"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(names_are_planned_in_their_order) {
  BOOST_TEST(
      planned({renaming("1", "a", "b"), renaming("2", "b", "c")}) ==
          (Texts{"1 rename_shared_folder 2 name \"b\">\"c\"", "2 rename_shared_folder 1 name \"a\">\"b\" needs 1"}),
      boost::test_tools::per_element());
  BOOST_TEST(planned({renaming("1", "a", "b"), renaming("2", "b", "a")}) ==
                 (Texts{"1 rename_shared_folder 1 name \"a\">\"kb~1a2b3c4d~0\" temporary",
                        "2 rename_shared_folder 2 name \"b\">\"a\" needs 1",
                        "3 rename_shared_folder 1 name \"kb~1a2b3c4d~0\">\"b\" needs 2"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(numbers_go_on_from_group_to_group) {
  const auto plan = plan_group({{renaming("1", "a", "b"), renaming("2", "b", "c")}}, {}, unique_names, 10);
  BOOST_TEST(lines_of(plan).at(1) == "11 rename_shared_folder 1 name \"a\">\"b\" needs 10");
}

BOOST_AUTO_TEST_CASE(names_that_need_not_be_unique_are_planned_as_they_come) {
  const PlannerSettings free{.plan_id = "1a2b3c4d5e6f", .names = Names::free};
  BOOST_TEST(planned({renaming("1", "a", "b"), renaming("2", "b", "a"), renaming("3", "c", "a")}, {}, free) ==
                 (Texts{"1 rename_shared_folder 1 name \"a\">\"b\"", "2 rename_shared_folder 2 name \"b\">\"a\"",
                        "3 rename_shared_folder 3 name \"c\">\"a\""}),
             boost::test_tools::per_element());
  const auto album = [](std::string id, std::string was, std::string wanted) {
    return wish(item("album", std::move(id), {{"name", std::move(was)}}), {{"name", std::move(wanted)}});
  };
  BOOST_TEST(planned({album("1", "a", "b"), album("2", "b", "a")}).size() == 2U, "names of albums are not unique");
}

BOOST_AUTO_TEST_CASE(conflicts_name_the_other_item) {
  const std::vector<Wish> wishes = {renaming("1", "a", "b"), renaming("3", "c", "x"), renaming("4", "d", "x"),
                                    renaming("5", "e", "f")};
  const auto plan = plan_group(wishes, {{folder("2", "b")}}, unique_names, 1);
  BOOST_TEST(
      findings_of(plan) == (Texts{"1 name name held 2", "3 name name wished twice 4", "4 name name wished twice 3"}),
      boost::test_tools::per_element());
  BOOST_TEST(lines_of(plan) == Texts{"1 rename_shared_folder 5 name \"e\">\"f\""}, boost::test_tools::per_element());
  BOOST_TEST(plan.changed_items == 1U);
  BOOST_TEST(found({renaming("1", "a", "B")}, {folder("2", "b")}) == Texts{"1 name near clash 2"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_conflict_by_name_leaves_other_changes_alone) {
  // A kind whose names are unique, and whose operation sets more than the name.
  constexpr koodrive::ResourceField fields[] = {
      {.name = "name", .at = "/name", .set_by = "update_album.name", .unique_in = "/owner"},
      {.name = "kind", .at = "/kind", .set_by = "update_album.scopeKind"},
      {.name = "state", .at = "/state", .set_by = "update_space.status"},
      {.name = "owner", .at = "/owner"}};
  const koodrive::ResourceCatalogue kinds({{.name = "thing", .fields = fields}}, koodrive::service_catalogue());
  const auto thing = [&](std::string id, std::string name, std::int64_t number) {
    return Item{kinds.find("thing"),
                std::move(id),
                "7",
                {Value(std::move(name)), Value(number), Value(number - 1), Value("o"s)}};
  };
  const auto change = [&](const Item& present, const Item& wanted) {
    return Wish{{.line = 1, .item = wanted, .exported = {}, .match = {}}, present};
  };
  const std::vector<Wish> wishes = {change(thing("1", "a", 1), thing("1", "b", 2)),
                                    change(thing("2", "b", 1), thing("2", "a", 1)),
                                    change(thing("3", "c", 1), thing("3", "d", 2))};
  BOOST_TEST(
      planned(wishes, {thing("4", "d", 1)}) ==
          (Texts{"1 update_album 1 name \"a\">\"kb~1a2b3c4d~0\" temporary", "2 update_album 2 name \"b\">\"a\" needs 1",
                 "3 update_album 1 name \"kb~1a2b3c4d~0\">\"b\" kind 1>2 needs 2", "4 update_space 1 state 0>1",
                 "5 update_album 3 kind 1>2", "6 update_space 3 state 0>1"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_an_operation_requires_is_carried_along) {
  constexpr koodrive::ResourceField fields[] = {
      {.name = "name", .at = "/name", .set_by = "update_department.name"},
      {.name = "parentId", .at = "/parentId", .set_by = "update_department.parentId"}};
  const koodrive::ResourceCatalogue kinds({{.name = "department", .fields = fields}}, koodrive::service_catalogue());
  Wish change;
  change.present = {kinds.find("department"), "1", "7", {Value("a"s), Value("9"s)}};
  change.desired.item = {kinds.find("department"), "1", "", {Value("b"s), std::nullopt}};
  BOOST_TEST(planned({change}) == Texts{"1 update_department 1 name \"a\">\"b\" parentId \"9\"=\"9\""},
             boost::test_tools::per_element());
  change.present.values[1].reset();
  BOOST_TEST(found({change}) == Texts{"1 parentId unreadable"}, boost::test_tools::per_element());
  BOOST_TEST(planned({change}) == Texts{}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(temporary_names_keep_the_rules_and_are_not_taken) {
  const std::vector<Wish> swap = {renaming("1", "a", "b"), renaming("2", "b", "a")};
  const auto is_taken = [](std::string_view name) { return name == "kb~1a2b3c4d~0"; };
  BOOST_TEST(lines_of(plan_group(swap, {}, unique_names, 1, is_taken)).at(0) ==
             "1 rename_shared_folder 1 name \"a\">\"kb~1a2b3c4d~1\" temporary");
  const std::vector<Wish> more = {renaming("1", "a", "b"), renaming("2", "b", "a"),
                                  renaming("3", "c", "kb~1a2b3c4d~0")};
  BOOST_TEST(planned(more).at(0) == "1 rename_shared_folder 1 name \"a\">\"kb~1a2b3c4d~1\" temporary");
}

BOOST_AUTO_TEST_CASE(the_same_input_gives_the_same_plan) {
  std::vector<Wish> wishes;
  for (int i = 0; i < 300; ++i) {
    wishes.push_back(renaming(std::to_string(i), "n" + std::to_string(i), "n" + std::to_string((i * 7 + 3) % 311)));
  }
  const auto first = plan_group(wishes, {}, unique_names, 1);
  const auto second = plan_group(wishes, {}, unique_names, 1);
  BOOST_TEST(lines_of(first) == lines_of(second), boost::test_tools::per_element());
  BOOST_TEST(findings_of(first) == findings_of(second), boost::test_tools::per_element());
  BOOST_TEST(!first.lines.empty());
}

BOOST_AUTO_TEST_SUITE_END()
