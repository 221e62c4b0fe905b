#include "koobatch/core/unicode_text.hpp"
#include "koobatch/state/item.hpp"
#include "koobatch/state/value.hpp"
#include "state_support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::state;
using namespace std::string_literals;

namespace {

using Texts = std::vector<std::string>;

const auto composed_name = "Pl\u00e4ne"s;
const auto decomposed_name = "Pla\u0308ne"s;

}  // namespace

BOOST_AUTO_TEST_SUITE(state_value)

BOOST_AUTO_TEST_CASE(lists_are_compared_as_sets) {
  BOOST_TEST(is_same(Texts{"1", "2"}, Texts{"2", "1"}));
  BOOST_TEST(is_same(Texts{"1", "2", "2"}, Texts{"2", "1"}));
  BOOST_TEST(!is_same(Texts{"1"}, Texts{"1", "2"}));
  BOOST_TEST(!is_same(Texts{}, Texts{"1"}));
  BOOST_TEST(!is_same("1"s, Texts{"1"}));
}

BOOST_AUTO_TEST_CASE(texts_in_different_unicode_forms_differ_and_look_the_same) {
  BOOST_TEST(!is_same(composed_name, decomposed_name));
  BOOST_TEST(looks_same(composed_name, decomposed_name));
  BOOST_TEST(looks_same(Texts{composed_name, "x"}, Texts{"x", decomposed_name}));
  BOOST_TEST(!looks_same(composed_name, composed_name));
  BOOST_TEST(!looks_same("a"s, "b"s));
  BOOST_TEST(!looks_same("a"s, "A"s));
}

BOOST_AUTO_TEST_CASE(texts_that_differ_in_case_or_form_alone_are_folded_alike) {
  BOOST_TEST(case_folded("PLANS") == case_folded("plans"));
  BOOST_TEST(case_folded("Straße") == case_folded("STRASSE"));
  BOOST_TEST(case_folded("PL\u00c4NE") == case_folded(decomposed_name));
  BOOST_TEST(case_folded("plans") != case_folded("plan"));
}

BOOST_AUTO_TEST_CASE(empty_texts_and_lists_set_nothing) {
  BOOST_TEST(is_empty(""s));
  BOOST_TEST(is_empty(Texts{}));
  BOOST_TEST(!is_empty(std::int64_t{0}));
  BOOST_TEST(!is_empty(false));
}

BOOST_AUTO_TEST_CASE(a_message_can_hold_any_value) {
  BOOST_TEST(describe("a\x1b[31m"s) == "\"a\\u{1b}[31m\"");
  BOOST_TEST(describe(Texts{"1", "a\"b"}) == "[\"1\", \"a\\\"b\"]");
  BOOST_TEST(describe(std::int64_t{-3}) == "-3");
  BOOST_TEST(describe(true) == "true");
}

BOOST_AUTO_TEST_CASE(a_scope_is_the_same_as_text_and_as_number) {
  BOOST_TEST(scope_text("42"s) == scope_text(std::int64_t{42}));
  BOOST_TEST(scope_text(std::nullopt) == "");
}

BOOST_AUTO_TEST_CASE(the_check_covers_what_a_spreadsheet_must_not_change) {
  using state_support::item;
  const auto folder = [](std::string id, std::string name, std::string owner, std::string created) {
    return item("shared_folder", std::move(id),
                {{"name", std::move(name)}, {"ownerId", std::move(owner)}, {"createTime", std::move(created)}}, "7");
  };
  const auto check = check_of(folder("1", "a", "42", "2026"));
  BOOST_TEST(check == check_of(folder("1", "a", "42", "2025")), "it only informs");
  BOOST_TEST(check != check_of(folder("10", "a", "42", "2026")));
  BOOST_TEST(check != check_of(folder("1", "b", "42", "2026")));
  BOOST_TEST(check != check_of(folder("1", "a", "43", "2026")), "names are unique in it");
  // Where one text ends and the next begins matters.
  BOOST_TEST(check_of(item("album", "1", {{"name", "a"s}}, "23")) !=
             check_of(item("album", "12", {{"name", "a"s}}, "3")));
  BOOST_TEST(check_of(item("album", "1", {{"name", ""s}})) == check_of(item("album", "1")));
}

BOOST_AUTO_TEST_SUITE_END()
