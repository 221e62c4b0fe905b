#include "postgres/failures.hpp"

#include "../support/contains.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::postgres;
using fleet::Fault;
using koobatch::test::contains;

BOOST_AUTO_TEST_SUITE(postgres_failures)

BOOST_AUTO_TEST_CASE(the_code_is_found_in_the_text_of_a_failed_connection_in_any_language) {
  const auto english = parse_connection_error(
      "connection to server on socket \"/run/.s.PGSQL.5432\" failed: FATAL:  28P01: password authentication failed for"
      " user \"x\"\nLOCATION:  auth_failed, auth.c:326\n");
  BOOST_TEST(english.code == "28P01");
  BOOST_TEST(english.message ==
             "connection to server on socket \"/run/.s.PGSQL.5432\" failed: FATAL: password authentication failed for"
             " user \"x\"");
  const auto german = parse_connection_error("FATAL:  57P03: das Datenbanksystem startet\nLOCATION:  x\n");
  BOOST_TEST(german.code == "57P03");
  BOOST_TEST(german.message == "FATAL: das Datenbanksystem startet");
}

BOOST_AUTO_TEST_CASE(what_is_refused_with_tls_and_without_is_said_once) {
  const std::string refused = "connection to server at \"db1\" failed: FATAL:  28P01: password authentication failed\n";
  const auto twice = parse_connection_error(refused + "LOCATION:  x\n" + refused + "LOCATION:  x\n");
  BOOST_TEST(twice.code == "28P01");
  BOOST_TEST(twice.message == "connection to server at \"db1\" failed: FATAL: password authentication failed");
}

BOOST_AUTO_TEST_CASE(what_libpq_itself_says_has_no_code) {
  const auto refused = parse_connection_error(
      "connection to server at \"db1\" (10.0.0.1), port 5432 failed: Connection"
      " refused\n\tIs the server running on that host?\n");
  BOOST_TEST(refused.code == "");
  BOOST_TEST(refused.message ==
             "connection to server at \"db1\" (10.0.0.1), port 5432 failed: Connection refused; Is"
             " the server running on that host?");
  BOOST_TEST(parse_connection_error("x:  12345 y").code == "");
  BOOST_TEST(parse_connection_error("x:  1234").code == "");
  BOOST_TEST(parse_connection_error("").message == "");
}

BOOST_AUTO_TEST_CASE(what_may_pass_is_unreachable_and_what_will_not_is_refused) {
  const std::pair<std::string, Fault> cases[] = {
      {"53100", Fault::unreachable}, {"53300", Fault::unreachable}, {"53999", Fault::unreachable},
      {"57P03", Fault::unreachable}, {"57014", Fault::unreachable}, {"25006", Fault::unreachable},
      {"40001", Fault::unreachable}, {"40P01", Fault::unreachable}, {"55P03", Fault::unreachable},
      {"57P01", Fault::unanswered},  {"57P02", Fault::unanswered},  {"08006", Fault::unanswered},
      {"", Fault::unanswered},       {"42501", Fault::refused},     {"42P01", Fault::refused},
      {"3F000", Fault::refused},     {"58030", Fault::refused},     {"XX001", Fault::refused},
      {"23505", Fault::refused},     {"22P02", Fault::refused},
  };
  for (const auto& [code, fault] : cases) {
    const auto failure = explain_statement({.code = code, .message = "it says so"});
    BOOST_TEST((failure.fault == fault), code);
    BOOST_TEST(contains(failure.error.message, "it says so"));
    BOOST_TEST(contains(failure.error.message, code));
  }
  BOOST_TEST(contains(explain_statement({.code = "53100", .message = "could not extend file"}).error.message,
                      "free space on the server's disk"));
}

BOOST_AUTO_TEST_CASE(only_what_was_rolled_back_for_another_is_repeated_and_a_dying_connection_is_closed) {
  BOOST_TEST(is_passing({.code = "40001", .message = {}}));
  BOOST_TEST(is_passing({.code = "40P01", .message = {}}));
  BOOST_TEST(!is_passing({.code = "57P01", .message = {}}));
  BOOST_TEST(!is_passing({.code = "", .message = {}}));
  BOOST_TEST(ends_connection({.code = "57P01", .message = {}}));
  BOOST_TEST(ends_connection({.code = "25006", .message = {}}));
  BOOST_TEST(ends_connection({.code = "", .message = {}}));
  BOOST_TEST(!ends_connection({.code = "40001", .message = {}}));
  BOOST_TEST(!ends_connection({.code = "53100", .message = {}}));
}

BOOST_AUTO_TEST_CASE(a_connection_is_refused_only_if_no_node_may_admit_later) {
  const FailedDial down{.error = {.code = {}, .message = "db1: Connection refused"}};
  const FailedDial starting{.error = {.code = "57P03", .message = "db2: starting up"}};
  const FailedDial wrong{.error = {.code = "28P01", .message = "db3: password authentication failed"}};
  const FailedDial missing{.error = {.code = {}, .message = "db3: no password supplied"}, .needs_password = true};
  BOOST_TEST(explain_dials({down, starting, wrong}).fault == Fault::unreachable);
  BOOST_TEST(explain_dials({wrong, missing}).fault == Fault::refused);
  const std::string all = explain_dials({down, starting, wrong, missing, down}).error.message;
  for (const std::string part : {"db1: Connection refused", "db2: starting up", "correct the password in the passfile",
                                 "host:port:database:user:password"}) {
    BOOST_TEST(contains(all, part), all);
  }
  BOOST_TEST(all.find("db1") == all.rfind("db1"), "once");
}

BOOST_AUTO_TEST_CASE(what_libpq_says_itself_is_explained) {
  const auto text = [](const std::string& message) {
    return explain_dials({{.error = {.code = {}, .message = message}}}).error.message;
  };
  BOOST_TEST(contains(text("session is read-only"), "name the primary, or all nodes, in the URL"));
  BOOST_TEST(contains(text("root certificate file \"/x\" does not exist"), "sslrootcert=FILE"));
  BOOST_TEST(contains(text("SSL error: certificate verify failed"), "sslrootcert=FILE"));
  BOOST_TEST(
      contains(text("server certificate for \"a\" does not match host name \"b\""), "the name in its certificate"));
  BOOST_TEST(contains(text("server does not support SSL, but SSL was required"), "ssl=on"));
}

BOOST_AUTO_TEST_CASE(servers_whose_codes_say_less_than_their_messages_are_explained) {
  const auto explained = [](const std::string& code, const std::string& message) {
    return explain_dials({{.error = {.code = code, .message = message}}});
  };
  // As PgBouncer says it.
  const auto pooler = explained("08P01", "FATAL: unsupported startup parameter: options");
  BOOST_TEST(pooler.fault == Fault::refused);
  BOOST_TEST(contains(pooler.error.message, "connection pooler"), pooler.error.message);
  const auto bare = explained("28000", "FATAL: connection requires a valid client certificate").error.message;
  BOOST_TEST(contains(bare, "sslcert=FILE and sslkey=FILE"), bare);
  const auto other = explained("28000", "FATAL: certificate authentication failed for user \"u\"").error.message;
  BOOST_TEST(contains(other, "sslcert=FILE and sslkey=FILE"), other);
  BOOST_TEST(contains(explained("28000", "FATAL: no pg_hba.conf entry").error.message, "pg_hba.conf"));
}

BOOST_AUTO_TEST_SUITE_END()
