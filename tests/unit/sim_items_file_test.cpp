#include "sim/items_file.hpp"

#include "sim/made_up_items.hpp"

#include "archives.hpp"
#include "sim_items.hpp"
#include "temporary_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <thread>

namespace koobatch::sim {
namespace {

struct Fixture {
  test::TemporaryFolder folder;

  /// What a dump contains once the text has been loaded.
  std::string loaded(std::string_view text) const {
    Items items;
    State others;
    const auto result = load_items(folder.write("items", text), items, others);
    BOOST_TEST_REQUIRE(result.has_value(), (result.has_value() ? "" : result.error().message));
    std::string out = dumped(items);
    others.dump(0, SIZE_MAX / 2, out);
    return out;
  }
  /// What is wrong, without the file's name.
  std::string error_of(std::string_view text) const {
    Items items;
    State others;
    const auto result = load_items(folder.write("items", text), items, others);
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

BOOST_AUTO_TEST_CASE(values_of_other_keys_are_restored) {
  // The fields of a space are named like members of items.
  const std::string others =
      "{\"key\":\"space:77\",\"status\":7,\"type\":1,\"capacity\":10}\n{\"key\":\"user:a\\\"b\",\"x\\\"y\":[\"1\",null]"
      "}\n";
  BOOST_TEST(loaded(others) == others);
  const std::string both = loaded(std::string(good) + "\n" + others);
  BOOST_TEST(both == loaded(good) + others);
  BOOST_TEST(loaded(both) == both);
  BOOST_TEST(error_of(others + others).starts_with(R"(3: key: a line before this one has "space:77" already)"));
  // Without its type, an item is not one of them.
  for (const char* key : {"folder:1", "album:1", ""}) {
    BOOST_TEST(error_of(fmt::format(R"({{"key":"{}","name":"a"}})", key)) ==
               "1: type: missing; it is shared_folder or album");
  }
  BOOST_TEST(loaded(R"({"key":"mine","type":"shared_folder","id":"1","user_id":"42","name":"a"})") == loaded(good));
}

BOOST_AUTO_TEST_CASE(a_group_is_an_identifier) {
  const auto with = [](std::string_view group) {
    return fmt::format(R"({{"type":"album","id":"1","user_id":"42","name":"a","groupId":{}}})", group);
  };
  BOOST_TEST(loaded(with("7")) == loaded(with("\"7\"")));
  BOOST_TEST(loaded(with(R"("\u0041\/")")).ends_with("\"groupId\":\"A/\"}\n"));
  BOOST_TEST(error_of(with("null")) == "1: groupId: is neither a text nor a whole number of 64 bits");
  BOOST_TEST(error_of(with("1.5")) == "1: groupId: is neither a text nor a whole number of 64 bits");
  BOOST_TEST(error_of(with("\"\"")) == "1: groupId: has 0 bytes, 1 to 100 are allowed");
}

BOOST_AUTO_TEST_CASE(a_user_may_be_as_long_as_one_in_a_request) {
  const auto of = [](std::size_t bytes) {
    return fmt::format(R"({{"type":"shared_folder","id":"1","user_id":"{}","name":"a"}})", std::string(bytes, 'u'));
  };
  BOOST_TEST(loaded(of(128)).find(std::string(128, 'u')) != std::string::npos);
  BOOST_TEST(error_of(of(129)) == "1: user_id: has 129 bytes, 1 to 128 are allowed");
}

BOOST_AUTO_TEST_CASE(items_may_be_compressed) {
  BOOST_TEST(loaded(archives::gzip(good)) == loaded(good));
  Items items;
  State others;
  const auto torn = load_items(folder.write("torn", archives::gzip(good).substr(0, 15)), items, others);
  BOOST_TEST_REQUIRE(!torn.has_value());
  BOOST_TEST(torn.error().kind == ErrorKind::usage);
  BOOST_TEST(torn.error().message.find("torn: the gzip archive is cut off") != std::string::npos, torn.error().message);
}

BOOST_AUTO_TEST_CASE(items_can_come_from_a_pipe) {
  const auto pipe = folder.path / "pipe";
  BOOST_TEST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(pipe) << good << '\n'; });
  Items items;
  State others;
  const auto result = load_items(pipe, items, others);
  writer.join();
  BOOST_TEST(result.has_value());
  BOOST_TEST(items.count() == 1);
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
  BOOST_TEST(after_a_good_one(R"({"type":"album","id":"2","user_id":"42","name":"a","status":0})") ==
             "3: status: only shared folders have one");
  for (const char* name : {"albumKind", "albumType"}) {
    BOOST_TEST(after_a_good_one(fmt::format(R"({{"type":"shared_folder","id":"2","user_id":"42","name":"a","{}":1}})",
                                            name)) == "3: albumKind, albumType: only albums have them");
  }
  BOOST_TEST(after_a_good_one(R"({"scopeDir":[1]})") == "3: scopeDir: is not a list of texts");
  BOOST_TEST(after_a_good_one(R"({"joined":"43"})") == "3: joined: is not a list of users");
  BOOST_TEST(after_a_good_one(R"({"joined":["43",43]})") == "3: joined: 43 appears more than once");
  BOOST_TEST(after_a_good_one(R"({"type":"shared_folder","id":"2","joined":["42"],"user_id":"42","name":"a"})") ==
             "3: joined: 42 is the owner");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_and_a_file_that_is_not_there_are_named) {
  BOOST_TEST(error_of(std::string((1U << 20U) + 1, ' ')) == "1: is longer than 1048576 bytes");
  Items items;
  State others;
  const auto missing = load_items(folder.path / "none", items, others);
  BOOST_TEST_REQUIRE(!missing.has_value());
  BOOST_TEST(missing.error().message.find("none: cannot open the items: ") != std::string::npos,
             missing.error().message);
  const auto directory = load_items(folder.path, items, others);
  BOOST_TEST_REQUIRE(!directory.has_value());
  BOOST_TEST(directory.error().message == folder.path.string() + ": is a folder, name a file of items");
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
  BOOST_TEST(error_of_made_up("10,users=1,users=2") == "'users' is given twice");
  BOOST_TEST(error_of_made_up("10,albums=1,users=2,albums=1") == "'albums' is given twice");
  BOOST_TEST(error_of_made_up("10,folders=1") == "unknown parameter 'folders'; known are users and albums");
  BOOST_TEST(parse_made_up_items("10,albums=10").value().albums == 10);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
