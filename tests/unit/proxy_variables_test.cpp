#include "cli/settings/proxy_variables.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::cli;

namespace {

std::string unused(const Environment& environment, const std::string& url = "https://drive.example") {
  return unused_proxy(environment, http::parse_endpoint(url).value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(proxy_variables)

BOOST_AUTO_TEST_CASE(the_variable_that_other_programs_would_follow_to_the_endpoint_is_named) {
  BOOST_TEST(unused({{"https_proxy", "http://proxy:3128"}}) == "https_proxy");
  BOOST_TEST(unused({{"HTTPS_PROXY", "http://proxy:3128"}}) == "HTTPS_PROXY");
  BOOST_TEST(unused({{"ALL_PROXY", "socks5://proxy"}, {"https_proxy", ""}}) == "ALL_PROXY");
  BOOST_TEST(unused({{"http_proxy", "http://proxy:3128"}}) == "", "for another scheme");
  BOOST_TEST(unused({{"http_proxy", "http://proxy:3128"}}, "http://10.0.0.1") == "http_proxy");
  BOOST_TEST(unused({}) == "");
}

BOOST_AUTO_TEST_CASE(hosts_that_need_no_proxy_are_recognised_as_other_programs_do) {
  const auto without = [](const std::string& hosts, const std::string& url = "https://drive.example") {
    return unused({{"https_proxy", "http://proxy:3128"}, {"no_proxy", hosts}}, url) == "";
  };
  for (const char* hosts : {"*", "drive.example", "DRIVE.example", ".example", "example", "a.example, drive.example",
                            "a,drive.example:443", " drive.example "}) {
    BOOST_TEST(without(hosts), hosts);
  }
  for (const char* hosts : {"", "xample", "drive.example:8443", "other.example", "drive", ",", ".", "[]"}) {
    BOOST_TEST(!without(hosts), hosts);
  }
  BOOST_TEST(without("10.0.0.1", "https://10.0.0.1:8443"));
  BOOST_TEST(without("2001:db8::1", "https://[2001:db8::1]"));
  BOOST_TEST(without("[2001:db8::1]:8443", "https://[2001:db8::1]:8443"));
  BOOST_TEST(unused({{"https_proxy", "http://proxy:3128"}, {"NO_PROXY", "drive.example"}}) == "");
}

BOOST_AUTO_TEST_CASE(nothing_leads_to_this_machine_through_a_proxy) {
  for (const char* url : {"http://localhost:8080", "https://127.0.0.1", "https://[::1]"}) {
    BOOST_TEST(unused({{"https_proxy", "http://proxy:3128"}, {"http_proxy", "http://proxy:3128"}}, url) == "", url);
  }
}

BOOST_AUTO_TEST_SUITE_END()
