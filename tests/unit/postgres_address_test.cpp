#include "postgres/address.hpp"

#include "../support/contains.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::postgres;
using koobatch::test::contains;

namespace {

Result<Address> parse(const std::string& url, const std::string& passfile = {}) {
  return parse_address({.url = url, .passfile = passfile}, "/run/here");
}

std::string mode_of(const std::string& url) {
  const auto address = parse(url);
  if (!address) return "refused: " + address.error().message;
  const auto mode = address->settings.find("sslmode");
  return mode == address->settings.end() ? "" : mode->second;
}

std::string error_of(const std::string& url) {
  const auto address = parse(url);
  return address ? "accepted" : address.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_address)

BOOST_AUTO_TEST_CASE(hosts_ports_user_database_and_settings_are_read) {
  const auto address = parse(
      "postgresql://some%40user@db1,db2:6432,[2001:db8::1]:5433/koo%2Fbatch?sslrootcert=%2Fca.pem"
      "&application_name=me",
      "/secrets/pass");
  BOOST_TEST_REQUIRE(address.has_value());
  const std::vector<Host> hosts = {{"db1", "5432"}, {"db2", "6432"}, {"2001:db8::1", "5433"}};
  BOOST_TEST((address->hosts == hosts));
  const std::map<std::string, std::string> settings = {
      {"user", "some@user"},      {"dbname", "koo/batch"},       {"sslrootcert", "/ca.pem"}, {"application_name", "me"},
      {"sslmode", "verify-full"}, {"passfile", "/secrets/pass"}, {"gssencmode", "disable"}};
  BOOST_TEST((address->settings == settings));
}

BOOST_AUTO_TEST_CASE(hosts_may_be_settings_and_sockets) {
  const auto two = parse("postgres:///db?host=db1,db2&port=1,2");
  BOOST_TEST((two->hosts == std::vector<Host>{{"db1", "1"}, {"db2", "2"}}));
  const auto one_port = parse("postgresql://?host=db1,db2&port=7");
  BOOST_TEST((one_port->hosts == std::vector<Host>{{"db1", "7"}, {"db2", "7"}}));
  const auto encoded = parse("postgresql://%2Fvar%2Frun/db");
  BOOST_TEST((encoded->hosts == std::vector<Host>{{"/var/run", "5432"}}));
  BOOST_TEST(is_socket(encoded->hosts.front()));
  BOOST_TEST(!is_socket(two->hosts.front()));
  BOOST_TEST((parse("postgresql:///db")->hosts == std::vector<Host>{{"/run/here", "5432"}}));
  BOOST_TEST((parse("postgresql://:6/db")->hosts == std::vector<Host>{{"/run/here", "6"}}));
  BOOST_TEST(parse("postgresql:///?service=prod")->hosts.empty());
}

BOOST_AUTO_TEST_CASE(only_connections_on_this_machine_may_go_without_verified_tls) {
  for (const std::string host : {"db1", "10.0.0.1", "127.example.com", "localhost.example.com", "db1,localhost",
                                 "[2001:db8::1]", "%2Frun,db1"}) {
    const std::string url = "postgresql://" + host + "/x";
    BOOST_TEST(mode_of(url) == "verify-full", url);
    BOOST_TEST(mode_of(url + "?sslmode=verify-full") == "verify-full");
    for (const std::string mode : {"disable", "allow", "prefer", "require", "verify-ca", "VERIFY-FULL", ""}) {
      BOOST_TEST(contains(mode_of(url + "?sslmode=" + mode), "could pose as the database"), url << " " << mode);
    }
  }
  BOOST_TEST(mode_of("postgresql:///?service=prod") == "verify-full");
  for (const std::string host : {"localhost", "127.0.0.1", "127.1.2.3", "[::1]", "%2Frun", "localhost,127.0.0.1", ""}) {
    const std::string url = "postgresql://" + host + "/x";
    BOOST_TEST(mode_of(url) == "", url);
    BOOST_TEST(mode_of(url + "?sslmode=disable") == "disable", url);
  }
}

BOOST_AUTO_TEST_CASE(a_password_is_refused_wherever_it_stands_and_no_message_repeats_it) {
  for (const std::string url :
       {"postgresql://u:xyzzy@db/x", "postgresql://u:@db/x", "postgresql://u:xy@zzy@db/x", "postgresql://:xyzzy@db/x",
        "postgresql://db/x?password=xyzzy", "postgresql://db/x?p%61ssword=xyzzy", "postgresql://db/x?sslpassword=xyzzy",
        "postgresql://db/x?sslmode=disable&password=xyzzy"}) {
    BOOST_TEST(contains(error_of(url), "passfile"), url << ": " << error_of(url));
    BOOST_TEST(!contains(error_of(url), "zzy"), error_of(url));
  }
  // Not encoded as they should be, so that their parts look like something else.
  for (const std::string url : {"postgresql://u:xyzzy/xyzzy@db/x", "postgresql://u:xyzzy?xyzzy@db/x",
                                "postgresql://u:xyzzy?xyzzy=xyzzy@db/x", "postgresql://u:a?xyzzy&xyzzy@db/x",
                                "postgresql://u:[xyzzy@db/x", "postgresql://u:xyzzy%zz@db/x", "postgresql://db/x?xyzzy",
                                "postgresql://db:xyzzy/x", "xyzzy", "postgresql://xy%zzy@db", "http://u:xyzzy@db/"}) {
    BOOST_TEST(error_of(url) != "accepted", url);
    BOOST_TEST(!contains(error_of(url), "xyzzy"), error_of(url));
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_meant_is_refused) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "does not begin with postgresql://"},
      {"mysql://db", "does not begin with postgresql://"},
      {"postgresql://db:0/x", "a number from 1 to 65535"},
      {"postgresql://db:65536/x", "a number from 1 to 65535"},
      {"postgresql://db:5432x/x", "a number from 1 to 65535"},
      {"postgresql://[::1/x", "closing ']'"},
      {"postgresql://[::1]5432/x", "after ']'"},
      {"postgresql://db%2/x", "percent-encoded"},
      {"postgresql://db%00/x", "percent-encoded"},
      {"postgresql://db/x%0a", "percent-encoded"},
      {"postgresql://a%2Cb/x", "encoded comma"},
      {"postgresql://@db/x", "user that is empty"},
      {"postgresql://db/x?dbname=y", "names the database twice"},
      {"postgresql://db/x?host=y", "names hosts twice"},
      {"postgresql://db:1/x?port=2", "names ports twice"},
      {"postgresql://db/x?port=no", "a number from 1 to 65535"},
      {"postgresql://db/x?sslmode=verify-full&sslmode=verify-full", "sets 'sslmode' twice"},
      {"postgresql://db/x?target_session_attrs=any", "must not set 'target_session_attrs'"},
      {"postgresql://db/x?replication=database", "must not set 'replication'"},
      {"postgresql://db/x?wrong=1", "libpq does not know"},
      {"postgresql://" + std::string(5000, 'd'), "too long"},
  };
  for (const auto& [url, part] : cases) BOOST_TEST(contains(error_of(url), part), url << ": " << error_of(url));
}

BOOST_AUTO_TEST_SUITE_END()
