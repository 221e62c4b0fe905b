#include "koobatch/koodrive/route.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace koobatch::koodrive;

namespace {

std::string path_value(std::string_view target) {
  const auto match = match_route(service_catalogue(), "POST", target);
  return match ? match->path_value : "(no match)";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(route)

BOOST_AUTO_TEST_CASE(a_route_needs_the_right_method_and_path) {
  BOOST_TEST(match_route(service_catalogue(), "POST", "/koodrive/ose/v1/sharefolder/rename")->row ==
             service_catalogue().find("rename_shared_folder"));
  BOOST_TEST(match_route(service_catalogue(), "POST", "/koodrive/ose/v1/7/update")->row ==
             service_catalogue().find("update_album"));
  BOOST_TEST(!match_route(service_catalogue(), "GET", "/koodrive/ose/v1/sharefolder/rename"));
  BOOST_TEST(!match_route(service_catalogue(), "PUT", "/koodrive/ose/v1/7/update"));
  for (const auto target :
       {"", "/", "*", "/koodrive/ose/v1/sharefolder/rename/", "/koodrive/ose/v1/update", "/koodrive/ose/v1//update",
        "/koodrive/ose/v1/a/b/update", "/koodrive/ose/v1/7/update/", "/koodrive/ose/v2/7/update"}) {
    BOOST_TEST(!match_route(service_catalogue(), "POST", target), target);
  }
}

BOOST_AUTO_TEST_CASE(a_route_with_a_bad_encoding_is_none) {
  for (const auto id : {"%", "a%", "a%2", "%zz", "%ff", "%c0%af", "%ed%a0%80"}) {
    BOOST_TEST(path_value("/koodrive/ose/v1/" + std::string(id) + "/update") == "(no match)", id);
  }
  BOOST_TEST(path_value("/koodrive/ose/v1/%2fa/update") == "/a");
  BOOST_TEST(path_value("/koodrive/ose/v1/%252F/update") == "%2F");
}

BOOST_AUTO_TEST_CASE(a_query_does_not_match_unless_it_is_empty) {
  BOOST_TEST(path_value("/koodrive/ose/v1/7/update?") == "7");
  BOOST_TEST(path_value("/koodrive/ose/v1/7/update?a=1") == "(no match)");
  BOOST_TEST(path_value("/koodrive/ose/v1/7%3Fa/update") == "7?a");
}

BOOST_AUTO_TEST_SUITE_END()
