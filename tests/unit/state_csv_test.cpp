#include "contains.hpp"
#include "koobatch/core/csv.hpp"
#include "koobatch/state/csv_writer.hpp"
#include "koobatch/state/id_proposals.hpp"
#include "koobatch/state/reader.hpp"
#include "state/csv_cells.hpp"
#include "state_support.hpp"
#include "temporary_folder.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::state;
using namespace state_support;
using koobatch::test::contains;
using namespace std::string_literals;

namespace {

using Texts = std::vector<std::string>;

const std::vector<const koodrive::ResourceKind*>& both_kinds() {
  static const std::vector<const koodrive::ResourceKind*> kinds = {&kind("shared_folder"), &kind("album")};
  return kinds;
}

std::string exported(const std::vector<Item>& items) {
  const CsvWriter writer(both_kinds());
  std::string text;
  writer.append_header(text);
  for (const auto& written : items) writer.append_row(text, written);
  return text;
}

Item folder(std::string id, std::string name) {
  return item("shared_folder", std::move(id), {{"name", std::move(name)}, {"ownerId", std::int64_t{42}}}, "42");
}

/// The exported row of a folder, with this wish for its name.
std::string with_wish(const Item& of, std::string_view wish) {
  std::string text = exported({of});
  // The wishes are four empty cells before the check.
  const auto at = text.rfind(",x");
  std::string cell;
  append_csv_cell(cell, wish);
  return text.insert(at - 3, cell);
}

/// What spreadsheets and people put into names.
Texts awkward_texts() {
  Texts texts = {
      "=1+1", "+1", "-1", "@SUM(A1)", "'Tis", "''", "'", "007", "1e5", "TRUE", "false", "Mar 1", "dec-24", "1/2",
      "12:30", "a\"b", "\"\"", "a,b", "a;b", "a\tb", " a", "a ", "a\r\nb", "a\nb", "a\rb", "\xef\xbb\xbfx", "\u5bb6",
      "\U0001f600", "NULL", "#N/A", "\u00a0x", "\uff1d1", "\u0661", "$5", "(5)", "1757156480072657793",
      "'1757156480072657793", "x", "sep=;", "\\", "a'b", "it''s", "", "0", "\u202egpj",
      // Of each kind in the Big List of Naughty Strings: what programs take for something else,
      "undefined", "None", "nil", "\\N", "NaN", "-Infinity", "1#IND", "0x0", "1,000,000.00", "1.000,00", "1/0",
      "-9223372036854775808/-1", "0..0", "--1", "1E+02", "\u0661\u0662\u0663", "08", "01000", "hasOwnProperty",
      // punctuation, quotes and symbols,
      ",./;'[]\\-=", "<>?:\"{}|_+", "!@#$%^&*()`~", "\u03a9\u2248\u00e7\u221a\u222b\u02dc\u00b5\u2264\u2265\u00f7",
      "\u00a1\u2122\u00a3\u00a2\u221e\u00a7\u00b6\u2022\u00aa\u00ba\u2013\u2260",
      "\u2070\u2074\u2075\u2080\u2081\u2082", "\"'\"'\"", "<foo val=\u201cbar\u201d />",
      // scripts, emoji, flags,
      "\u7530\u4e2d\u3055\u3093\u306b\u3042\u3052\u3066\u4e0b\u3055\u3044", "\uc0ac\ud68c\uacfc\ud559\uc6d0",
      "\u8868\u30dd\u3042A\u9dd7\u0152\u00e9\uff22\u900d\u00dc\u00df", "\U0001f468\u200d\U0001f469\u200d\U0001f466",
      "\U0001f1fa\U0001f1f8\U0001f1f7", "\U0001f44b\U0001f3ff", "\u0648 \u0633\u0645\u0639\u062a",
      "\u05d1\u05e8\u05d0\u05e9\u05d9\u05ea test", "\ufdfa",
      // what cannot be seen, piles up or stands on its head,
      "\u00ad\u061c\u180e\u200b\u200e\u2028\u2029\u2066\ufeff", "\u2003\u3000\u205f",
      "T\u0353\u033a\u033ao\u0334\u0321\u035c", "\u02d9\u0250nb\u1d09l\u0250", "\ufffe\uffff", "\U0010ffff",
      // and what harms those who carry it out.
      "<script>alert(123)</script>", "&lt;b&gt; &amp; &#0;", "1;DROP TABLE users", "' OR 1=1 -- 1", "%s%n%x%d", "{0}",
      "$(touch /tmp/x)", "`ls`", "../../etc/passwd%00", "<!DOCTYPE foo [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
      "\x1b[31mred\x1b[0m"};
  for (char c = 0; c < 0x20; ++c) {
    texts.push_back(std::string(1, c) + "a");
    texts.push_back("a"s + c + "b");
    texts.push_back("a"s + c);
    texts.push_back(std::string(1, c));
  }
  return texts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(state_csv)

BOOST_AUTO_TEST_CASE(a_guard_is_put_on_and_taken_off_again) {
  for (const auto& text : awkward_texts()) {
    const auto cell = guarded(text);
    BOOST_TEST(unguarded(cell) == text);
    BOOST_TEST((cell == text || cell == "'" + text));
  }
  for (const auto* inert :
       {"=1+1", "+1", "-1", "@a", "'a", "007", "TRUE", "False", "Mar 1", "\ta", "\ra", " =1", "1.5"}) {
    BOOST_TEST(guarded(inert).front() == '\'', inert);
  }
  BOOST_TEST(guarded("Plans 2026") == "Plans 2026");
  BOOST_TEST(guarded("Marion") == "Marion");
  // What people write with an apostrophe has one.
  BOOST_TEST(unguarded("'Tis") == "'Tis");
  BOOST_TEST(unguarded("'12") == "12");
}

BOOST_AUTO_TEST_CASE(every_text_survives) {
  std::vector<Item> items;
  for (const auto& text : awkward_texts()) items.push_back(folder(std::to_string(items.size() + 1), text));
  const auto contents = state_support::read_csv(exported(items), Role::present);
  BOOST_TEST(contents.error == "");
  BOOST_TEST(first_wrong(contents) == "");
  BOOST_REQUIRE(contents.entries.size() == items.size());
  const auto name = kind("shared_folder").find("name");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& read = contents.entries[i].item;
    BOOST_TEST(read.id == items[i].id);
    BOOST_TEST(read.user_id == "42");
    const auto& text = std::get<std::string>(*items[i].values[name]);
    BOOST_TEST(read.values[name].has_value() == !text.empty());
    if (!text.empty()) BOOST_TEST((read.values[name] == items[i].values[name]), text);
    BOOST_TEST(check_of(read) == check_of(items[i]));
  }
}

BOOST_AUTO_TEST_CASE(random_texts_survive) {
  std::mt19937 random(20);
  const Texts pieces = {"'", "\"", ",", ";", "\n", "\r", "\t", "=", "0", "1", "a", " ", "\u5bb6", "x", "\x01", "TRUE"};
  std::vector<Item> items;
  for (int i = 1; i <= 2000; ++i) {
    std::string text;
    for (auto size = random() % 6 + 1; size > 0; --size) text += pieces[random() % pieces.size()];
    items.push_back(folder(std::to_string(i), text));
  }
  const auto contents = state_support::read_csv(exported(items), Role::present);
  BOOST_TEST(first_wrong(contents) == "");
  BOOST_REQUIRE(contents.entries.size() == items.size());
  const auto name = kind("shared_folder").find("name");
  for (std::size_t i = 0; i < items.size(); ++i) {
    BOOST_REQUIRE((contents.entries[i].item.values[name] == items[i].values[name]));
  }
}

BOOST_AUTO_TEST_CASE(every_wish_is_read_as_it_was_written) {
  const auto name = kind("shared_folder").find("name");
  for (const auto& text : awkward_texts()) {
    const auto contents = state_support::read_csv(with_wish(folder("1", "old"), guarded(text)));
    BOOST_TEST(first_wrong(contents) == "");
    BOOST_REQUIRE(contents.entries.size() == 1U);
    const auto& entry = contents.entries.front();
    BOOST_TEST(entry.item.values[name].has_value() == !text.empty(), "an empty cell is no wish");
    if (!text.empty()) BOOST_TEST((entry.item.values[name] == Value(text)));
    BOOST_TEST((entry.exported[name] == Value("old"s)));
  }
}

BOOST_AUTO_TEST_CASE(lists_and_numbers_survive) {
  const std::vector<Texts> lists = {{"1", "2"}, {"a;b"}, {"[x"}, {}, {"", "a"}, {"'1"}, {"1757156480072657793"}};
  for (const auto& list : lists) {
    const auto album = item("album", "1", {{"scopeDir", list}, {"scopeKind", std::int64_t{2}}}, "42");
    const auto contents = state_support::read_csv(exported({album}), Role::present);
    BOOST_REQUIRE(contents.entries.size() == 1U);
    BOOST_TEST((contents.entries[0].item.values == album.values));
  }
}

BOOST_AUTO_TEST_CASE(rows_may_be_sorted_and_removed_and_columns_moved) {
  const auto text = exported({folder("1", "a"), folder("2", "b"), folder("3", "c")});
  const auto first = text.find('\n') + 1;
  const auto second = text.find('\n', first) + 1;
  const auto third = text.find('\n', second) + 1;
  const auto other = text.substr(0, first) + text.substr(third) + text.substr(first, second - first);
  const auto contents = state_support::read_csv(other, Role::present);
  BOOST_TEST(contents.wrong.empty());
  BOOST_REQUIRE(contents.entries.size() == 2U);
  BOOST_TEST(contents.entries[0].item.id == "3");
  const auto check = check_cell(check_of(item("album", "5", {{"name", "a"s}}, "7")));
  const auto moved =
      state_support::read_csv("check,new_name,remark,name,id,scopeParentFolderId,scopeDir,scopeKind,type,user_id\n" +
                              check + ",b,for people,a,5,,,,album,7\n");
  BOOST_TEST(moved.error == "");
  BOOST_TEST(first_wrong(moved) == "");
  BOOST_TEST(moved.entries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(each_change_by_a_spreadsheet_is_found) {
  const auto text = exported({folder("1757156480072657793", "007")});
  const auto changed = [&](const std::string& from, const std::string& to) {
    auto other = text;
    boost::algorithm::replace_last(other, from, to);
    BOOST_TEST(other != text);
    const auto contents = state_support::read_csv(other);
    BOOST_TEST(contents.entries.empty());
    BOOST_TEST(contents.mangled.size() == 1U);
    return first_wrong(contents);
  };
  BOOST_TEST(contains(changed("'1757156480072657793", "1.75716E+18"), "2: id: \"1.75716E+18\" looks like a number"));
  BOOST_TEST(contains(changed("'1757156480072657793", "1757156480072650000"), "lost the digits after the 15th"));
  BOOST_TEST(contains(changed("'007", "7"), "is no longer as it was exported"));
  BOOST_TEST(contains(changed("'007", "07.01.2000"), "is no longer as it was exported"));
  BOOST_TEST(contains(changed("'007", "TRUE"), "is no longer as it was exported"));
  BOOST_TEST(contains(changed("shared_folder", "album"), "is no longer as it was exported"));
  BOOST_TEST(contains(changed(",'42,", ",'43,"), "is no longer as it was exported"));
  BOOST_TEST(contains(changed(",x", ",y"), "is no longer as it was exported"));
  // Without its guard, a cell has the same text.
  auto unguarded_text = text;
  boost::algorithm::replace_all(unguarded_text, "'", "");
  BOOST_TEST(state_support::read_csv(unguarded_text).wrong.empty());
}

BOOST_AUTO_TEST_CASE(the_right_identifier_is_proposed) {
  const auto proposal = [](std::string id, const Item& was, const std::vector<Item>& present) {
    IdProposals proposals;
    proposals.add({7, was.kind, std::move(id), check_of(was)});
    for (const auto& seen : present) proposals.see(seen);
    return proposals.proposal(7);
  };
  const auto was = folder("1757156480072657793", "a");
  const auto renamed = folder("1757156480072657793", "b");
  const auto neighbour = folder("1757156480072658000", "c");
  BOOST_TEST(proposal("1.75716E+18", was, {neighbour, was}) == was.id, "by the check");
  BOOST_TEST(proposal("1757156480072650000", was, {renamed}) == was.id, "by its first digits");
  BOOST_TEST(proposal("1757156480072660000", was, {renamed}) == was.id, "which may be rounded");
  BOOST_TEST(proposal("1.75715648007265E+18", was, {renamed}) == was.id);
  BOOST_TEST(proposal("1757156480072650000", was, {renamed, neighbour}) == "", "two have them");
  BOOST_TEST(proposal("1.75716E+18", was, {renamed}) == "");
  BOOST_TEST(proposal("1757156480072650000", was, {item("album", "1757156480072657793")}) == "");
  BOOST_TEST(IdProposals().proposal(7) == "");
}

BOOST_AUTO_TEST_CASE(spreadsheets_use_other_separators_and_encodings) {
  const auto text = exported({folder("1757156480072657793", "a\u00e4"), folder("2", "=1")});
  const auto expect_whole = [](const Contents& contents) {
    BOOST_TEST(contents.error == "");
    BOOST_TEST(first_wrong(contents) == "");
    BOOST_TEST(contents.entries.size() == 2U);
  };
  for (const char separator : {';', '\t'}) {
    auto other = text;
    boost::algorithm::replace_all(other, ",", std::string(1, separator));
    boost::algorithm::replace_all(other, "\n", "\r\n");
    expect_whole(state_support::read_csv(other));
  }
  std::string utf16;
  for (const char16_t c :
       boost::algorithm::replace_all_copy(std::u16string(u"\ufeff") + u"type;user_id;id;name;new_name\n"
                                                                      u"album;7;1;a\u00e4;b\nalbum;7;2;c;\n",
                                          std::u16string(u"\n"), std::u16string(u"\r\n"))) {
    utf16 += {static_cast<char>(c & 0xff), static_cast<char>(c >> 8)};
  }
  const test::TemporaryFolder folder;
  const auto path = folder.path / "wishes.csv";
  std::ofstream(path, std::ios::binary) << utf16;
  auto reader = open_items(path, job::Format::csv, koodrive::service_resources(), Role::desired);
  BOOST_REQUIRE(reader.has_value());
  expect_whole(contents_of(**reader));
}

BOOST_AUTO_TEST_CASE(an_unusable_header_is_an_error) {
  const auto error = [](const std::string& header) { return state_support::read_csv(header + "\n").error; };
  BOOST_TEST(contains(state_support::read_csv("").error, "items: is empty"));
  BOOST_TEST(contains(error("id,new_name"), "items:1: there is no column type"));
  BOOST_TEST(contains(error("type,new_name"), "there is no column id"));
  BOOST_TEST(contains(error("type,id,name"), "no column such as new_name"));
  BOOST_TEST(contains(error("type,id,new_name,new_name"), "two columns named new_name"));
  BOOST_TEST(contains(error("type,type,id,new_name"), "two columns named type"));
  BOOST_TEST(contains(error("type,id,new_owner"), "new_owner names nothing that can be changed"));
  BOOST_TEST(contains(error("type,id,new_name,check"), "the column user_id was removed"));
}

BOOST_AUTO_TEST_CASE(columns_for_people_may_be_removed_and_others_not) {
  const auto check = [](const Item& of) { return check_cell(check_of(of)); };
  const auto one = folder("1", "a");
  // createTime, creator and status only inform.
  const auto header = "type,user_id,id,name,ownerId,new_name,check\n"s;
  BOOST_TEST(first_wrong(state_support::read_csv(header + "shared_folder,42,1,a,42,b," + check(one) + "\n")) == "");
  const auto without_owner = "type,user_id,id,name,new_name,check\n"s;
  BOOST_TEST(first_wrong(state_support::read_csv(without_owner + "shared_folder,42,1,a,b," + check(one) + "\n")) ==
             "2: cannot be checked: the column ownerId was removed; put it back");
  const auto album = item("album", "1", {{"name", "a"s}}, "42");
  BOOST_TEST(first_wrong(state_support::read_csv(without_owner + "album,42,1,a,b," + check(album) + "\n")) == "",
             "the removed columns were empty in this row");
}

BOOST_AUTO_TEST_CASE(rows_written_by_hand_need_no_check) {
  const auto contents = state_support::read_csv(
      "type,id,new_name,new_scopeKind\nalbum,1,a,2\nalbum,2,,\nalbum,3,,x\nshared_folder,4,b,1\nalbum,,a,\nfoo,1,a,\n");
  BOOST_REQUIRE(contents.entries.size() == 2U);
  BOOST_TEST(line_of(contents.entries[0].item) == R"({"type":"album","id":"1","name":"a","scopeKind":2})");
  BOOST_TEST(contents.entries[0].exported.empty());
  BOOST_TEST(line_of(contents.entries[1].item) == R"({"type":"album","id":"2"})");
  BOOST_REQUIRE(contents.wrong.size() == 4U);
  BOOST_TEST(contents.wrong[0] == "4: new_scopeKind: expected an integer, found \"x\"");
  BOOST_TEST(contents.wrong[1] == "5: new_scopeKind: is filled in, but shared_folder has no such field");
  BOOST_TEST(contains(contents.wrong[2], "6: id: is missing"));
  BOOST_TEST(contains(contents.wrong[3], "7: type: \"foo\" is not a type"));
}

BOOST_AUTO_TEST_CASE(broken_rows_are_named) {
  const auto header = "type,id,new_name\n"s;
  BOOST_TEST(
      contains(state_support::read_csv(header + "album,1\n").wrong.at(0), "2: has 2 cells, but the header has 3"));
  BOOST_TEST(contains(state_support::read_csv(header + "album,1,\xe4\n").wrong.at(0), "is not valid UTF-8"));
  BOOST_TEST(contains(state_support::read_csv(header + "album,1,\"a\n").wrong.at(0), "opens a quote"));
}

BOOST_AUTO_TEST_SUITE_END()
