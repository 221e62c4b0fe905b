// The check of a record passes quickly over what is obviously all right. It must not pass over anything else.
#include "job/value_check.hpp"
#include "job_support.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace koobatch::koodrive;
using namespace koobatch::job;
using job_support::joined;

namespace {

/// The row's fields, all of them absent.
Fields record_of(std::string_view operation) {
  Fields fields;
  fields.row = service_catalogue().find(operation);
  fields.op = fields.row->name;
  return fields;
}

std::string said(Fields fields) {
  ValueCheck check({});
  std::vector<Violation> violations;
  check.examine(fields, 1, violations);
  return joined(violations);
}

/// What the rules say about a record, which is the end of what its check must say.
std::string broken_rules(const Fields& fields) {
  std::vector<Violation> violations;
  check(fields, violations);
  return joined(violations);
}

/// Records what the rules said. A mere BOOST_TEST of each would take long.
void compare(const Fields& fields, std::set<std::string>& found, std::string_view what) {
  const auto rules = broken_rules(fields);
  const auto everything = said(fields);
  if (!everything.ends_with(rules)) BOOST_ERROR(what << ": " << rules << ", but said was: " << everything);
  found.insert(rules);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(value_check)

BOOST_AUTO_TEST_CASE(a_name_of_any_size_with_any_character_at_any_end_is_checked_by_every_rule) {
  std::vector<std::string> characters = {"é", "家", "😀", "\u00a0", "\ufeff"};
  for (char c = 0; c < 0x7f; ++c) characters.emplace_back(1, c);
  characters.emplace_back(1, '\x7f');
  std::set<std::string> found;
  for (const auto operation : {"rename_shared_folder", "update_album"}) {
    auto fields = record_of(operation);
    fields.values[0] = {.present = true, .text = "1757156480072657793"};
    for (std::size_t size = 0; size <= 33; ++size) {
      for (const auto at : std::set{std::size_t{0}, size / 2, size}) {
        for (const auto& character : characters) {
          const auto name = std::string(at, 'a') + character + std::string(size - at, 'z');
          fields.values[1] = {.present = true, .text = name};
          compare(fields, found, name);
        }
      }
    }
    for (const auto name : {"", ".", "..", "...", "a.", ".a"}) {
      fields.values[1] = {.present = true, .text = name};
      compare(fields, found, name);
    }
  }
  for (const auto wrong : {"", "name: is empty", "name: is 21 characters long, at most 20 are allowed",
                           "fileName: is empty", "fileName: is \"..\", which is not allowed (. or ..)",
                           "fileName: is 32 characters long, at most 31 are allowed",
                           "fileName: contains '|', which is not allowed (< > | : * ? \" /)",
                           "fileName: contains U+0008 (backspace), which is not allowed (\\n \\r \\b \\t)"}) {
    BOOST_TEST(found.contains(wrong), wrong);
  }
}

BOOST_AUTO_TEST_CASE(an_identifier_of_any_kind_is_checked_by_every_rule) {
  std::set<std::string> found;
  for (const auto operation : {"rename_shared_folder", "update_album"}) {
    auto fields = record_of(operation);
    fields.values[1] = {.present = true, .text = "a"};
    for (const auto id : {"", ".", "..", "1", "12345678", "1757156480072657793", "a", "a/b", " 1", "1.7E+18"}) {
      fields.values[0] = {.present = true, .text = id};
      compare(fields, found, id);
    }
  }
  BOOST_TEST(found == std::set<std::string>({"", "id: is empty", "albumId: is empty",
                                             "albumId: is \".\", which is not allowed (. or ..)",
                                             "albumId: is \"..\", which is not allowed (. or ..)"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(whatever_is_missing_or_malformed_the_rest_is_checked_by_every_rule) {
  const FieldValue forms[] = {{}, {.present = true, .malformed = true}, {.present = true, .text = "1", .integer = 1}};
  std::set<std::string> found;
  for (const auto& row : service_catalogue().rows()) {
    auto fields = record_of(row.name);
    std::size_t combinations = 1;
    for (std::size_t i = 0; i < row.fields.size(); ++i) combinations *= std::size(forms);
    for (std::size_t combination = 0; combination < combinations; ++combination) {
      std::size_t rest = combination;
      for (std::size_t i = 0; i < row.fields.size(); ++i, rest /= std::size(forms)) {
        fields.values[i] = forms[rest % std::size(forms)];
      }
      compare(fields, found, fmt::format("combination {} of {}", combination, row.name));
    }
  }
  BOOST_TEST(found.contains("id: is missing; fileName: is missing"));
  BOOST_TEST(found.contains("albumId: is missing"));
  BOOST_TEST(
      found.contains("changes nothing; give at least one of name, scopeParentFolderId, scopeDirList, scopeKind, "
                     "coverImageUrl"));
}

BOOST_AUTO_TEST_CASE(a_user_and_a_language_are_checked_however_ordinary_the_record_is) {
  for (const auto which : {&Fields::user_id, &Fields::language}) {
    auto fields = record_of("rename_shared_folder");
    fields.values[0] = {.present = true, .text = "1"};
    fields.values[1] = {.present = true, .text = "a"};
    BOOST_TEST(said(fields) == "");
    const std::string digits(129, '1');
    fields.*which = digits;
    BOOST_TEST(said(fields).find("is 129 characters long") != std::string::npos, said(fields));
  }
}

BOOST_AUTO_TEST_CASE(identifiers_of_digits_are_counted_however_closely_the_record_was_looked_at) {
  const auto verdict = [](std::string_view id, std::string_view name) {
    ValueCheck check({.trim = true});
    for (std::uint32_t line = 1; line <= 10; ++line) {
      // Two identifiers: one may be a resource that happens to have such an identifier.
      const auto text = fmt::format(fmt::runtime(id), line % 2);
      auto fields = record_of("rename_shared_folder");
      fields.values[0] = {.present = true, .text = text};
      fields.values[1] = {.present = true, .text = name};
      std::vector<Violation> violations;
      check.examine(fields, line, violations);
      BOOST_TEST(joined(violations) == "");
    }
    return check.long_ids().verdict();
  };
  BOOST_CHECK(verdict("17571564800726{}000", "a") == LongIds::Verdict::certain);
  BOOST_CHECK(verdict("17571564800726{}000", "家 ") == LongIds::Verdict::certain);
  BOOST_CHECK(verdict(" 17571564800726{}000", "a") == LongIds::Verdict::certain);
  BOOST_CHECK(verdict("a7571564800726{}000", "a") == LongIds::Verdict::none);
}

BOOST_AUTO_TEST_SUITE_END()
