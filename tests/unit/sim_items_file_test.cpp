#include "sim/items_file.hpp"

#include "sim_items.hpp"
#include "temporary_folder.hpp"

#include <fmt/format.h>

#include <set>

namespace koobatch::sim {
namespace {

struct Fixture {
  test::TemporaryFolder folder;

  Result<void> load(std::string_view text, Items& items) const {
    return load_items(folder.write("items", text), items);
  }
  std::string loaded(std::string_view text) const {
    Items items;
    const auto result = load(text, items);
    BOOST_TEST_REQUIRE(result.has_value(), (result.has_value() ? "" : result.error().message));
    return dumped(items);
  }
  /// What is wrong, without the file's name.
  std::string error_of(std::string_view text) const {
    Items items;
    const auto result = load(text, items);
    BOOST_TEST_REQUIRE(!result.has_value(), text);
    BOOST_TEST(result.error().kind == ErrorKind::usage);
    const std::string start = (folder.path / "items").string() + ":";
    BOOST_TEST(result.error().message.starts_with(start), result.error().message);
    return result.error().message.substr(start.size());
  }
};

std::string made_up(std::string_view text, std::uint64_t seed = 0) {
  Items items;
  make_up_items(parse_made_up_items(text).value(), seed, items);
  return dumped(items);
}

std::string error_of_made_up(std::string_view text) {
  const auto items = parse_made_up_items(text);
  BOOST_TEST_REQUIRE(!items.has_value(), text);
  return items.error().message;
}

constexpr std::string_view good = R"({"type":"shared_folder","id":"1","user_id":"42","name":"a"})";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sim_items_file, Fixture)

BOOST_AUTO_TEST_CASE(items_are_loaded_with_all_that_the_service_shows) {
  BOOST_TEST(
      loaded(
          R"({"type":"shared_folder","id":"1757156480072657793","user_id":"42","joined":["43",44],"name":"Pl\u00e4ne",)"
          R"("status":1,"maxMember":7,"new one":{"a":[1,2.5,null]}})"
          "\n"
          R"({"type":"album","id":"1795607640592646273","user_id":"42","albumKind":2,"albumType":1,)"
          R"("scopeDir":["7"]})"
          "\n") ==
      "{\"key\":\"folder:1757156480072657793\",\"type\":\"shared_folder\",\"id\":\"1757156480072657793\","
      "\"user_id\":\"42\",\"joined\":[\"43\",\"44\"],\"name\":\"Pl\xc3\xa4ne\",\"status\":1,\"maxMember\":7,"
      "\"new one\":{\"a\":[1,2.5,null]}}\n"
      R"({"key":"album:1795607640592646273","type":"album","id":"1795607640592646273","user_id":"42","albumKind":2,)"
      R"("albumType":1,"scopeDir":["7"]})"
      "\n");
}

BOOST_AUTO_TEST_CASE(identifiers_may_be_numbers_and_keep_every_digit) {
  for (const char* id : {"9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551615", "0",
                         "-1", "-9223372036854775808"}) {
    const std::string line = fmt::format(R"({{"type":"shared_folder","id":{},"user_id":{},"name":"a"}})", id, id);
    BOOST_TEST(
        loaded(line).starts_with(fmt::format(R"({{"key":"folder:{}","type":"shared_folder","id":"{}",)", id, id)));
  }
  BOOST_TEST(error_of(R"({"type":"shared_folder","id":1.0,"user_id":"42","name":"a"})") ==
             "1: id: is neither a text nor a whole number of 64 bits");
  BOOST_TEST(error_of(R"({"type":"shared_folder","id":1e3,"user_id":"42","name":"a"})") ==
             "1: id: is neither a text nor a whole number of 64 bits");
}

BOOST_AUTO_TEST_CASE(a_dump_can_be_loaded_and_is_the_same_again) {
  const std::string first = made_up("100,users=3,albums=40", 7);
  BOOST_TEST((loaded(first) == first));
  const std::string odd = loaded(
      "{\"type\":\"shared_folder\",\"id\":\"a\\\"b\",\"user_id\":\"u\",\"name\":\"\\u0000\\u001b\\u202e\",\"x\\\"y\":"
      "\"\\n\"}");
  BOOST_TEST(loaded(odd) == odd);
}

BOOST_AUTO_TEST_CASE(blank_lines_byte_order_mark_and_a_missing_last_line_end_do_not_matter) {
  BOOST_TEST(loaded("") == "");
  BOOST_TEST(loaded("\xef\xbb\xbf\r\n \t\r\n" + std::string(good)) == loaded(good));
}

BOOST_AUTO_TEST_CASE(each_bad_line_is_named) {
  const auto after_a_good_one = [&](std::string_view line) { return error_of(fmt::format("{}\n\n{}\n", good, line)); };
  BOOST_TEST(after_a_good_one("{").starts_with("3: is not a JSON object: "));
  BOOST_TEST(after_a_good_one("[]").starts_with("3: is not a JSON object: "));
  BOOST_TEST(after_a_good_one("{\"type\":\"shared_folder\",\"id\":\"\xff\"}").starts_with("3: is not a JSON object: "));
  BOOST_TEST(after_a_good_one(good) == R"(3: id: a line before this one has the shared_folder "1" already)");
  BOOST_TEST(after_a_good_one("{}") == "3: type: missing; it is shared_folder or album");
  BOOST_TEST(after_a_good_one(R"({"type":"folder"})") ==
             "3: type: \"folder\" is unknown; known are shared_folder and album");
  BOOST_TEST(after_a_good_one(R"({"type":1})") == "3: type: is not a text");
  BOOST_TEST(after_a_good_one(R"({"type":"album"})") == "3: id: missing");
  BOOST_TEST(after_a_good_one(R"({"type":"album","id":""})") == "3: id: has 0 bytes, 1 to 100 are allowed");
  BOOST_TEST(after_a_good_one(R"({"type":"album","id":"2"})") ==
             "3: user_id: missing; it is the user whose item this is");
  BOOST_TEST(after_a_good_one(R"({"type":"album","id":"2","user_id":"42"})") == "3: name: missing");
  BOOST_TEST(after_a_good_one(R"({"type":"shared_folder","id":"2","user_id":"42"})") == "3: name: missing");
  BOOST_TEST(after_a_good_one(R"({"type":"album","id":"2","user_id":"42","name":null})") == "3: name: is not a text");
  BOOST_TEST(after_a_good_one(R"({"type":"album","id":"2","user_id":"a b"})").starts_with("3: user_id: contains"));
  BOOST_TEST(after_a_good_one(R"({"type":"album","id":"2","id":"3"})") == "3: \"id\" appears more than once");
  BOOST_TEST(after_a_good_one(R"({"status":2})") == "3: status: is neither 0 nor 1");
  BOOST_TEST(after_a_good_one(R"({"albumKind":0})") == "3: albumKind: is neither 1 nor 2");
  BOOST_TEST(after_a_good_one(R"({"albumType":"1"})") == "3: albumType: is neither 1 nor 2");
  BOOST_TEST(after_a_good_one(R"({"scopeDir":[1]})") == "3: scopeDir: is not a list of texts");
  BOOST_TEST(after_a_good_one(R"({"joined":"43"})") == "3: joined: is not a list of users");
  BOOST_TEST(after_a_good_one(R"({"joined":["43",43]})") == "3: joined: 43 appears more than once");
  BOOST_TEST(after_a_good_one(R"({"type":"shared_folder","id":"2","joined":["42"],"user_id":"42","name":"a"})") ==
             "3: joined: 42 is the owner");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_and_a_file_that_is_not_there_are_named) {
  BOOST_TEST(error_of(std::string((1U << 20U) + 1, ' ')) == "1: is longer than 1048576 bytes");
  Items items;
  const auto missing = load_items(folder.path / "none", items);
  BOOST_TEST_REQUIRE(!missing.has_value());
  BOOST_TEST(missing.error().message.find("none") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(made_up_items_depend_on_nothing_but_their_settings_and_the_seed) {
  const std::string first = made_up("1000,users=10,albums=200", 1);
  BOOST_TEST((made_up("1000,users=10,albums=200", 1) == first));
  BOOST_TEST((made_up("1000,users=10,albums=200", 2) != first));
  BOOST_TEST(made_up("0") == "");
  BOOST_TEST(made_up("1").starts_with(
      R"({"key":"folder:1757156480072650000","type":"shared_folder","id":"1757156480072650000","user_id":"42","name":")"));
}

BOOST_AUTO_TEST_CASE(made_up_items_are_dealt_to_users_and_albums_to_all_kinds) {
  Items items;
  make_up_items(parse_made_up_items("100,users=5,albums=20").value(), 0, items);
  BOOST_TEST(items.count() == 100);
  std::set<std::string> names;
  for (const char* user : {"42", "43", "44", "45", "46"}) {
    const auto folders = items.listed(user, Listing::created_folders);
    BOOST_TEST(folders.size() == 16);
    for (const auto number : folders) names.emplace(*items.view(number).name);
    for (int kind = 1; kind <= 2; ++kind) {
      for (int type = 1; type <= 2; ++type) BOOST_TEST(items.listed(user, album_listing(kind, type)).size() == 1);
    }
  }
  BOOST_TEST(names.size() == 80, "each has its own name");
}

BOOST_AUTO_TEST_CASE(wrong_settings_of_made_up_items_are_named) {
  BOOST_TEST(error_of_made_up("") == "'' is not a number of items from 0 to 100000000");
  BOOST_TEST(error_of_made_up("-1") == "'-1' is not a number of items from 0 to 100000000");
  BOOST_TEST(error_of_made_up("10,users=0") == "the users '0' are not a number from 1");
  BOOST_TEST(error_of_made_up("10,albums=11") == "the albums '11' are not a number from 0 to 10, that of all items");
  BOOST_TEST(error_of_made_up("10,folders=1") == "unknown parameter 'folders'; known are users and albums");
  BOOST_TEST(parse_made_up_items("10,albums=10").value().albums == 10);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
