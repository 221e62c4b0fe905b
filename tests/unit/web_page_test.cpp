#include "koodrive/web_page.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace koobatch::koodrive;

BOOST_AUTO_TEST_SUITE(web_page)

BOOST_AUTO_TEST_CASE(html_nothing_and_other_types_are_not_the_services) {
  BOOST_TEST(is_foreign("text/html", "<html><body>It works!</body></html>"));
  BOOST_TEST(is_foreign("application/json", " \r\n<!DOCTYPE html>"));
  BOOST_TEST(is_foreign("", "\xef\xbb\xbf<?xml version=\"1.0\"?>"));
  BOOST_TEST(is_foreign("text/plain; charset=utf-8", "blocked"));
  BOOST_TEST(is_foreign("text/html", R"({"error":"login required"})"));
  BOOST_TEST(is_foreign("application/json", ""));
  BOOST_TEST(is_foreign("", " \r\n"));
}

BOOST_AUTO_TEST_CASE(what_may_be_the_services_and_was_damaged_is_not_foreign) {
  BOOST_TEST(!is_foreign("application/json", R"({"code":0,"msg":"succ)"));
  BOOST_TEST(!is_foreign("application/json;charset=UTF-8", "{}"));
  BOOST_TEST(!is_foreign("application/problem+json", "[]"));
  BOOST_TEST(!is_foreign("Application/JSON", "\x1f\x8b\x08"));
  BOOST_TEST(!is_foreign("", R"({"code":0)"));
  BOOST_TEST(!is_foreign("", "rubbish"));
}

BOOST_AUTO_TEST_CASE(the_title_stands_for_a_page) {
  BOOST_TEST(title_of("<html><head><title>Sign in</title></head>") == "Sign in");
  BOOST_TEST(title_of("<HTML><TITLE lang=\"en\">\n  Access\n  denied </TITLE>") == "Access\n  denied");
  BOOST_TEST(title_of("<title>cut off") == "cut off");
}

BOOST_AUTO_TEST_CASE(without_a_title_the_page_stands_for_itself) {
  for (const std::string body : {"blocked", "<html><body>no</body>", "<title></title>x", "<title", "<title lang="}) {
    BOOST_TEST(title_of(body) == body);
  }
  BOOST_TEST(title_of("\xef\xbb\xbf  x \r\n") == "x");
  BOOST_TEST(title_of("").empty());
}

BOOST_AUTO_TEST_CASE(a_page_is_described_by_content_type_and_title) {
  BOOST_TEST(describe_page("text/html; charset=utf-8", "Sign in") == "text/html, 'Sign in'");
  BOOST_TEST(describe_page("TEXT/HTML", "Access\r\n\t denied") == "text/html, 'Access denied'");
  BOOST_TEST(describe_page("", "blocked") == "no content type, 'blocked'");
  BOOST_TEST(describe_page("text/html", "") == "text/html, no body");
  BOOST_TEST(describe_page("", "  ") == "no body");
  BOOST_TEST(describe_page("text/html", "登录") == "text/html, '登录'");
}

BOOST_AUTO_TEST_CASE(the_support_number_of_a_page_is_found_as_firewalls_write_it) {
  BOOST_TEST(support_number_of("Your support ID is: 4711-0815.") == "support ID 4711-0815");
  BOOST_TEST(support_number_of("<p>Cloudflare Ray ID: <strong>7d5e1f0b2c3a4d5e</strong></p>") ==
             "ray ID 7d5e1f0b2c3a4d5e");
  BOOST_TEST(support_number_of("Reference&#32;&#35;18&#46;2d3b1402&#46;1600000000&#46;1a2b") ==
             "reference 18.2d3b1402.1600000000.1a2b");
  BOOST_TEST(support_number_of("Request&nbsp;ID:\r\n q8Zk_12==") == "request ID q8Zk_12");
  BOOST_TEST(support_number_of("Incident ID: none<br>Incident ID: 123-456-789") == "incident ID 123-456-789");
  BOOST_TEST(support_number_of("请求ID：5f3759df") == "request ID 5f3759df");
  BOOST_TEST(support_number_of("请求ID: 5f3759df") == "request ID 5f3759df");
}

BOOST_AUTO_TEST_CASE(a_page_without_a_support_number_has_none) {
  for (const std::string page : {"", "support id", "<b>support ID</b>: please call us", "our reference guide 2026",
                                 "&#", "&#9999999999;", "<", "support ID: 1"}) {
    BOOST_TEST(support_number_of(page).empty(), page);
  }
  BOOST_TEST(support_number_of("support ID " + std::string(60'000, '7')).empty());
}

BOOST_AUTO_TEST_CASE(a_page_can_neither_flood_nor_control_the_terminal) {
  const std::string shown =
      describe_page("text/\x1b[2J" + std::string(5'000, 't'), "\x1b]0;x\x07\xff\n" + std::string(60'000, 'y'));
  BOOST_TEST(shown.size() < 300U);
  for (const char c : shown) BOOST_TEST((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
}

BOOST_AUTO_TEST_SUITE_END()
