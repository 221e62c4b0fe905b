#include "koobatch/http/endpoint.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using koobatch::ErrorKind;
using koobatch::http::Endpoint;
using koobatch::http::parse_endpoint;

namespace {

Endpoint parsed(std::string_view url) {
  const auto result = parse_endpoint(url);
  BOOST_REQUIRE_MESSAGE(result.has_value(), url << " was refused");
  return *result;
}

std::string refusal(std::string_view url) {
  const auto result = parse_endpoint(url);
  BOOST_REQUIRE_MESSAGE(result.has_error(), url << " was accepted");
  BOOST_TEST(result.error().kind == ErrorKind::usage);
  BOOST_TEST(result.error().message.find("--endpoint '") == 0U);
  if (url.find('@') == std::string_view::npos) {
    BOOST_TEST(result.error().message.find(url) != std::string::npos);
  }
  return result.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(endpoint)

BOOST_AUTO_TEST_CASE(a_host_alone_means_the_schemes_own_port) {
  const Endpoint secure = parsed("https://koo.example");
  BOOST_TEST(secure.tls);
  BOOST_TEST(secure.host == "koo.example");
  BOOST_TEST(secure.port == "443");
  BOOST_TEST(secure.authority == "koo.example");
  BOOST_TEST(secure.url() == "https://koo.example");
  const Endpoint plain = parsed("http://koo.example/");
  BOOST_TEST(!plain.tls);
  BOOST_TEST(plain.port == "80");
  BOOST_TEST(plain.url() == "http://koo.example");
}

BOOST_AUTO_TEST_CASE(a_port_is_named_in_the_host_header_unless_it_is_the_schemes_own) {
  BOOST_TEST(parsed("https://koo.example:8443").authority == "koo.example:8443");
  BOOST_TEST(parsed("https://koo.example:8443").port == "8443");
  BOOST_TEST(parsed("https://koo.example:443").authority == "koo.example");
  BOOST_TEST(parsed("http://koo.example:443").authority == "koo.example:443");
}

BOOST_AUTO_TEST_CASE(addresses_of_both_families_are_accepted) {
  const Endpoint v4 = parsed("http://127.0.0.1:8080");
  BOOST_TEST(v4.host == "127.0.0.1");
  const Endpoint v6 = parsed("http://[::1]:8080");
  BOOST_TEST(v6.host == "::1");
  BOOST_TEST(v6.authority == "[::1]:8080");
  BOOST_TEST(v6.url() == "http://[::1]:8080");
}

BOOST_AUTO_TEST_CASE(the_scheme_may_be_written_in_any_case) {
  BOOST_TEST(parsed("HTTPS://koo.example").tls);
  BOOST_TEST(!parsed("Http://koo.example").tls);
}

BOOST_AUTO_TEST_CASE(anything_but_scheme_host_and_port_is_refused_with_the_reason) {
  for (const char* url : {"https://koo.example/koodrive", "https://koo.example?x=1", "https://koo.example#top",
                          "https://user@koo.example"}) {
    BOOST_TEST(refusal(url).find("only scheme, host and port") != std::string::npos, url);
  }
}

BOOST_AUTO_TEST_CASE(a_secret_in_the_url_is_not_repeated_in_the_message) {
  for (const char* url : {"https://user:s3cret@koo.example", "https://user:s3cret@koo example", "s3cret@koo.example"}) {
    const std::string message = refusal(url);
    BOOST_TEST(message.find("s3cret") == std::string::npos, message);
    BOOST_TEST(message.find("***@koo") != std::string::npos, message);
  }
}

BOOST_AUTO_TEST_CASE(other_schemes_and_rubbish_are_refused_with_the_reason) {
  BOOST_TEST(refusal("ftp://koo.example").find("https or http") != std::string::npos);
  BOOST_TEST(refusal("koo.example").find("not a URL") != std::string::npos);
  BOOST_TEST(refusal("").find("not a URL") != std::string::npos);
  BOOST_TEST(refusal("https://koo example").find("not a URL") != std::string::npos);
  BOOST_TEST(refusal("https://").find("host is missing") != std::string::npos);
  BOOST_TEST(refusal("https://:443").find("host is missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_host_with_hidden_characters_that_no_name_has_is_refused) {
  for (const char* url : {"https://koo%00.example", "https://koo.example%0d%0aX:1", "https://%20", "https://k%c3%bc"}) {
    BOOST_TEST(refusal(url).find("the host is neither a name nor an address") != std::string::npos, url);
  }
}

BOOST_AUTO_TEST_CASE(an_invalid_port_is_refused) {
  for (const char* url :
       {"https://koo.example:", "https://koo.example:0", "https://koo.example:65536", "https://koo.example:99999999999",
        "https://koo.example:79999", "https://koo.example:99999", "https://koo.example:100000",
        "https://koo.example:131073", "https://koo.example:abc", "https://koo.example:-1/", "https://[::1]:99999",
        "https://[::1]:x", "http://127.0.0.1:80a"}) {
    BOOST_TEST(refusal(url).find("the port must be") != std::string::npos, url);
  }
  BOOST_TEST(parsed("https://koo.example:65535").port == "65535");
  BOOST_TEST(parsed("https://koo.example:08443").authority == "koo.example:8443");
  BOOST_TEST(refusal("https://::1").find("not a URL") != std::string::npos, "its colons are no port's");
}

BOOST_AUTO_TEST_CASE(loopback_is_recognised_by_address_and_by_name) {
  for (const char* url :
       {"http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]", "http://localhost:8080", "http://LocalHost"}) {
    BOOST_TEST(parsed(url).is_loopback(), url);
  }
  for (const char* url : {"http://128.0.0.1", "http://[::2]", "http://localhost.example", "http://0.0.0.0"}) {
    BOOST_TEST(!parsed(url).is_loopback(), url);
  }
}

BOOST_AUTO_TEST_CASE(a_proxy_is_an_http_url_with_a_port) {
  const auto proxy = koobatch::http::parse_proxy("http://proxy.example:3128/");
  BOOST_REQUIRE(proxy.has_value());
  BOOST_TEST(proxy->host == "proxy.example");
  BOOST_TEST(proxy->port == "3128");
  BOOST_TEST(proxy->url() == "http://proxy.example:3128");
  BOOST_TEST(koobatch::http::parse_proxy("http://[::1]:80").value().host == "::1");
}

BOOST_AUTO_TEST_CASE(any_other_proxy_is_refused_with_the_reason) {
  const auto why = [](std::string_view url) {
    const auto result = koobatch::http::parse_proxy(url);
    BOOST_REQUIRE_MESSAGE(result.has_error(), url << " was accepted");
    BOOST_TEST(result.error().message.find("--proxy '") == 0U);
    return result.error().message;
  };
  BOOST_TEST(why("http://proxy.example").find("the port is missing") != std::string::npos);
  BOOST_TEST(why("http://[::1]").find("the port is missing") != std::string::npos);
  for (const char* url : {"https://proxy.example:3128", "socks5://proxy.example:1080", "proxy.example:3128", ""}) {
    BOOST_TEST(why(url).find("write it as http://HOST:PORT") != std::string::npos, url);
  }
  BOOST_TEST(why("http://pro xy:3128").find("not a URL; write it as http://HOST:PORT") != std::string::npos);
  BOOST_TEST(why("http://proxy.example:3128/x").find("only scheme, host and port") != std::string::npos);
  for (const char* url : {"http://me:s3cret@proxy.example:3128", "me:s3cret@proxy.example:3128"}) {
    BOOST_TEST(why(url).find("not supported") != std::string::npos);
    BOOST_TEST(why(url).find("s3cret") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
