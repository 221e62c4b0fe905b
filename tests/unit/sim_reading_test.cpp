#include "sim/reading.hpp"

#include "sim_printing.hpp"

namespace koobatch::sim {
namespace {

const std::string folder_list = "/koodrive/ose/v1/sharefolder/list?";
const std::string album_list = "/koodrive/ose/v1/album/list?";
const std::string metadata = "/koodrive/ose/v1/sharefolder/metadata/";

/// What is wrong with a request that reads; empty if nothing is.
std::string refusal_of(const std::string& target) {
  std::string wrong;
  BOOST_TEST(parse_reading("GET", target, wrong).has_value(), target);
  return wrong;
}

Reading read(const std::string& target) {
  std::string wrong;
  const auto reading = parse_reading("GET", target, wrong);
  BOOST_TEST_REQUIRE(reading.has_value(), target);
  BOOST_TEST(wrong == "", target);
  return *reading;
}

bool is_known(std::string_view method, const std::string& target) {
  std::string wrong;
  return parse_reading(method, target, wrong).has_value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_reading)

BOOST_AUTO_TEST_CASE(a_list_of_folders_has_an_offset_and_a_limit) {
  const Reading r = read(folder_list + "offset=0&limit=1000");
  BOOST_TEST(r.what == Reading::What::folder_list);
  BOOST_TEST(r.offset == 0);
  BOOST_TEST(r.limit == 1000);
  BOOST_TEST((r.whose == Reading::Whose::all));
  BOOST_TEST(read(folder_list + "limit=1&offset=9223372036854775807").offset == 9223372036854775807U);
  BOOST_TEST(refusal_of(folder_list + "offset=0") == "limit: missing");
  BOOST_TEST(refusal_of(folder_list + "limit=10") == "offset: missing");
  BOOST_TEST(refusal_of("/koodrive/ose/v1/sharefolder/list") == "offset: missing");
  for (const char* limit : {"0", "1001", "", "-1", "+1", "1.0", "1x", "0x1", "99999999999999999999"}) {
    BOOST_TEST(refusal_of(folder_list + "offset=0&limit=" + limit) == "limit: must be a whole number from 1 to 1000");
  }
  BOOST_TEST(refusal_of(folder_list + "limit=1&offset=9223372036854775808") ==
             "offset: must be a whole number from 0 to 9223372036854775807");
}

BOOST_AUTO_TEST_CASE(a_list_of_folders_can_be_narrowed) {
  BOOST_TEST(read(folder_list + "offset=0&limit=1&queryType=0").whose == Reading::Whose::all);
  BOOST_TEST(read(folder_list + "offset=0&limit=1&queryType=1").whose == Reading::Whose::created);
  BOOST_TEST(read(folder_list + "offset=0&limit=1&queryType=2&status=0").whose == Reading::Whose::joined);
  BOOST_TEST(read(folder_list + "offset=0&limit=1&keyWord=a%26b%3D%E7%9B%B8").key_word == "a&b=\xe7\x9b\xb8");
  BOOST_TEST(refusal_of(folder_list + "offset=0&limit=1&queryType=3") ==
             "queryType: must be a whole number from 0 to 2");
  BOOST_TEST(refusal_of(folder_list + "offset=0&limit=1&status=1") == "status: must be a whole number from 0 to 0");
  const std::string longest(30, 'a');
  BOOST_TEST(refusal_of(folder_list + "offset=0&limit=1&keyWord=" + longest + "%F0%9F%98%80") == "");
  BOOST_TEST(refusal_of(folder_list + "offset=0&limit=1&keyWord=" + longest + "a%F0%9F%98%80") ==
             "keyWord: is longer than 32 characters");
}

BOOST_AUTO_TEST_CASE(a_list_of_albums_has_kind_type_and_a_page_number) {
  const Reading r = read(album_list + "albumKind=2&albumType=1");
  BOOST_TEST(r.what == Reading::What::album_list);
  BOOST_TEST(r.album_kind == 2);
  BOOST_TEST(r.album_type == 1);
  BOOST_TEST(r.offset == 0);
  BOOST_TEST(r.limit == 10);
  BOOST_TEST(r.group_id == "");
  const Reading second = read(album_list + "albumKind=1&albumType=2&pageSize=100&pageNum=2&groupId=7");
  BOOST_TEST(second.offset == 100);
  BOOST_TEST(second.limit == 100);
  BOOST_TEST(second.group_id == "7");
  BOOST_TEST(refusal_of(album_list + "albumKind=1") == "albumType: missing");
  BOOST_TEST(refusal_of(album_list + "albumType=1") == "albumKind: missing");
  BOOST_TEST(refusal_of(album_list + "albumKind=3&albumType=1") == "albumKind: must be a whole number from 1 to 2");
  BOOST_TEST(refusal_of(album_list + "albumKind=1&albumType=0") == "albumType: must be a whole number from 1 to 2");
  BOOST_TEST(refusal_of(album_list + "albumKind=1&albumType=1&pageSize=101") ==
             "pageSize: must be a whole number from 1 to 100");
  BOOST_TEST(refusal_of(album_list + "albumKind=1&albumType=1&pageNum=0").starts_with("pageNum: must be"));
}

BOOST_AUTO_TEST_CASE(one_folder_is_named_in_the_path) {
  BOOST_TEST(read(metadata + "1757156480072657793").id == "1757156480072657793");
  BOOST_TEST(read(metadata + "a%2Fb%25").id == "a/b%");
  BOOST_TEST(refusal_of(metadata + std::string(100, '1')) == "");
  BOOST_TEST(refusal_of(metadata + std::string(101, '1')) == "shareFolderId: is longer than 100 characters");
  BOOST_TEST(refusal_of(metadata + "1?x=1") == "x: there is no such parameter");
}

BOOST_AUTO_TEST_CASE(unknown_repeated_and_undecodable_parameters_are_refused) {
  BOOST_TEST(refusal_of(folder_list + "offset=0&limit=1&ofset=1") == "ofset: there is no such parameter");
  BOOST_TEST(refusal_of(folder_list + "offset=0&limit=1&offset=0") == "offset: given more than once");
  BOOST_TEST(refusal_of(folder_list + "offset=0&limit=1&keyWord=%f") == "the query is not percent-encoded UTF-8");
  BOOST_TEST(refusal_of(folder_list + "offset=0&limit=1&keyWord=%ff") == "the query is not percent-encoded UTF-8");
  BOOST_TEST(refusal_of(folder_list + "offset=0&limit=1&") == "");
  BOOST_TEST(refusal_of(folder_list + "offset=0&&limit=1") == ": there is no such parameter");
}

BOOST_AUTO_TEST_CASE(nothing_else_reads) {
  BOOST_TEST(!is_known("POST", folder_list + "offset=0&limit=1"));
  BOOST_TEST(!is_known("GET", "/koodrive/ose/v1/sharefolder/lists?offset=0&limit=1"));
  BOOST_TEST(!is_known("GET", metadata));
  BOOST_TEST(!is_known("GET", metadata + "1/2"));
  BOOST_TEST(!is_known("GET", metadata + "%zz"));
  BOOST_TEST(!is_known("GET", metadata + "%ff"));
  BOOST_TEST(!is_known("GET", "/koodrive/ose/v1/sharefolder/rename"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
