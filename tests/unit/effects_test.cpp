#include "koobatch/plan/effects.hpp"

#include "koobatch/plan/comparison.hpp"
#include "state_support.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

using namespace koobatch;
using namespace koobatch::plan;
using namespace std::string_literals;
using state::Value;
using state_support::item;
using state_support::kind;

namespace {

std::unique_ptr<Effects> make() {
  auto effects = Effects::create(std::filesystem::temp_directory_path(), koodrive::service_resources());
  BOOST_REQUIRE(effects.has_value());
  return std::move(*effects);
}

PlanLine renaming(std::uint64_t n, std::string id, std::string was, std::string wanted) {
  const auto& of = kind("shared_folder");
  return {n,
          &of,
          of.fields[0].operation,
          std::move(id),
          "7",
          {{0, Value(std::move(was)), Value(std::move(wanted)), false}}};
}

/// The name that is wanted again for a folder of this name; "" if nothing was done to it.
std::string wanted(Effects& effects, const std::string& id, const std::string& name_now) {
  const auto present = item("shared_folder", id, {{"name", name_now}}, "8");
  const auto effect = effects.take(*present.kind, id);
  BOOST_REQUIRE(effect.has_value());
  if (!*effect) return "";
  const auto entry = (*effect)->undo(&present);
  BOOST_TEST(entry.item.id == id);
  BOOST_TEST(entry.item.user_id == "7");
  return std::get<std::string>(*entry.item.values.at(0));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(effects)

BOOST_AUTO_TEST_CASE(lines_of_an_item_are_found_together_in_the_order_of_the_plan) {
  const auto effects = make();
  BOOST_TEST(effects->add(renaming(1, "5", "a", "kb~1a2b3c4d~0"), Status::succeeded).has_value());
  BOOST_TEST(effects->add(renaming(2, "3", "b", "a"), Status::succeeded).has_value());
  BOOST_TEST(effects->add(renaming(3, "5", "kb~1a2b3c4d~0", "b"), Status::succeeded).has_value());
  BOOST_TEST(effects->finish().has_value());
  BOOST_TEST(wanted(*effects, "5", "b") == "a");
  BOOST_TEST(wanted(*effects, "3", "a") == "b");
  BOOST_TEST(wanted(*effects, "4", "x") == "", "nothing was done to it");
  BOOST_TEST(wanted(*effects, "5", "b") == "", "each is handed out once");
}

BOOST_AUTO_TEST_CASE(what_was_not_applied_has_no_effect) {
  const auto effects = make();
  for (const auto status : {Status::rejected, Status::failed, Status::invalid}) {
    BOOST_TEST(effects->add(renaming(1, "5", "a", "b"), status).has_value());
  }
  BOOST_TEST(effects->add(renaming(4, "6", "a", "b"), Status::unknown).has_value());
  BOOST_TEST(effects->finish().has_value());
  BOOST_TEST(wanted(*effects, "5", "a") == "");
  BOOST_TEST(wanted(*effects, "6", "b") == "a");
}

BOOST_AUTO_TEST_CASE(items_that_are_no_longer_there_are_handed_out_at_the_end) {
  const auto effects = make();
  const auto& album = kind("album");
  BOOST_TEST(effects
                 ->add({1, &album, album.fields[0].operation, "1", "7", {{0, Value("x"s), Value("y"s), false}}},
                       Status::succeeded)
                 .has_value());
  BOOST_TEST(effects->add(renaming(2, "9", "a", "b"), Status::succeeded).has_value());
  BOOST_TEST(effects->add(renaming(3, "5", "a", "b"), Status::succeeded).has_value());
  BOOST_TEST(effects->finish().has_value());
  BOOST_TEST(wanted(*effects, "5", "b") == "a");
  std::string left;
  for (;;) {
    const auto effect = effects->take_first();
    BOOST_REQUIRE(effect.has_value());
    if (!*effect) break;
    const auto entry = (*effect)->undo(nullptr);
    left += std::string(entry.item.kind->name) + " " + entry.item.id + " line " + std::to_string(entry.line) + ";";
  }
  BOOST_TEST(left == "shared_folder 9 line 3;album 1 line 2;");
}

BOOST_AUTO_TEST_CASE(newer_values_are_kept) {
  const auto effects = make();
  BOOST_TEST(effects->add(renaming(1, "5", "a", "b"), Status::succeeded).has_value());
  BOOST_TEST(effects->finish().has_value());
  const auto present = item("shared_folder", "5", {{"name", "newer"s}}, "7");
  const auto effect = effects->take(*present.kind, "5");
  BOOST_REQUIRE((effect.has_value() && effect->has_value()));
  const auto found = compare((*effect)->undo(&present), present);
  BOOST_REQUIRE(found.blocked.size() == 1U);
  BOOST_TEST((found.blocked[0].obstacle == Obstacle::changed_since));
}

BOOST_AUTO_TEST_SUITE_END()
