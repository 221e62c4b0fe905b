#include "koobatch/core/clock.hpp"
#include "koobatch/http/date.hpp"
#include "koobatch/koodrive/x_date.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace koobatch;
using namespace std::chrono_literals;

namespace {

WallTime at(std::chrono::year_month_day date, Duration time_of_day = {}) {
  return WallTime(std::chrono::sys_days(date)) + time_of_day;
}

const WallTime november = at(std::chrono::year(2026) / 11 / 21, 17h + 123'999us);
const WallTime leap_day = at(std::chrono::year(2024) / 2 / 29, 23h + 59min + 59s);

std::string x_date(WallTime t) {
  std::string out(koodrive::x_date_length, '\0');
  koodrive::write_x_date(t, out.data());
  return out;
}

}  // namespace

// Not at global scope: there is a function of that name.
namespace koobatch::test {

BOOST_AUTO_TEST_SUITE(clock)

BOOST_AUTO_TEST_CASE(a_timestamp_is_utc_with_milliseconds_rounded_down) {
  BOOST_TEST(timestamp(november) == "2026-11-21T17:00:00.123Z");
  BOOST_TEST(timestamp(leap_day) == "2024-02-29T23:59:59.000Z");
  BOOST_TEST(timestamp(WallTime()) == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(timestamp(WallTime() - 1ns) == "1969-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(a_timestamp_is_appended_to_what_is_there) {
  std::string line = "at ";
  append_timestamp(line, leap_day);
  BOOST_TEST(line == "at 2024-02-29T23:59:59.000Z");
}

BOOST_AUTO_TEST_CASE(a_timestamp_is_read_back_to_the_millisecond) {
  BOOST_TEST((parse_timestamp("2026-11-21T17:00:00.123Z") == at(std::chrono::year(2026) / 11 / 21, 17h + 123ms)));
  BOOST_TEST((parse_timestamp(timestamp(leap_day)) == leap_day));
}

BOOST_AUTO_TEST_CASE(what_is_never_written_as_a_timestamp_is_not_read_as_one) {
  for (const char* text :
       {"", "2026-11-21T17:00:00Z", "2026-11-21 17:00:00.123Z", "2026-11-21T17:00:00.123+", "2026-11-21T24:00:00.000Z",
        "2026-13-21T17:00:00.000Z", "2026-02-29T17:00:00.000Z", "2026-11-21T17:60:00.000Z", "2026-11-21T17:00:60.000Z",
        "2026-11-21T17:00:0x.000Z", "+026-11-21T17:00:00.123Z", "2026-11-21T17:00:00.-23Z"}) {
    BOOST_TEST(!parse_timestamp(text).has_value(), text << " was read");
  }
}

BOOST_AUTO_TEST_CASE(x_date_has_the_form_the_service_asks_for_and_is_never_rounded_up) {
  BOOST_TEST(x_date(at(std::chrono::year(2025) / 11 / 3, 7h + 1min + 40s)) == "20251103T070140Z");
  BOOST_TEST(x_date(at(std::chrono::year(2025) / 11 / 3, 7h + 1min + 40s + 999'999'999ns)) == "20251103T070140Z");
  BOOST_TEST(x_date(at(std::chrono::year(2024) / 12 / 31, 24h - 1ns)) == "20241231T235959Z");
}

BOOST_AUTO_TEST_CASE(x_date_is_read_back) {
  BOOST_TEST((koodrive::parse_x_date("20251103T070140Z") == at(std::chrono::year(2025) / 11 / 3, 7h + 1min + 40s)));
  for (const char* text : {"", "20251103T070140", "20251103 070140Z", "20251303T070140Z", "20251103T070160Z",
                           "2025110aT070140Z", "20251103T070140ZZ"}) {
    BOOST_TEST(!koodrive::parse_x_date(text).has_value(), text << " was read");
  }
}

BOOST_AUTO_TEST_CASE(an_http_date_is_written_and_read_in_its_preferred_form) {
  const WallTime rfc_example = at(std::chrono::year(1994) / 11 / 6, 8h + 49min + 37s);
  BOOST_TEST(http::format_date(rfc_example) == "Sun, 06 Nov 1994 08:49:37 GMT");
  BOOST_TEST((http::parse_date("Sun, 06 Nov 1994 08:49:37 GMT") == rfc_example));
  BOOST_TEST(http::format_date(leap_day) == "Thu, 29 Feb 2024 23:59:59 GMT");
  BOOST_TEST((http::parse_date(http::format_date(leap_day)) == leap_day));
}

BOOST_AUTO_TEST_CASE(an_http_date_may_name_a_leap_second) {
  BOOST_TEST((http::parse_date("Sat, 31 Dec 2016 23:59:60 GMT") == at(std::chrono::year(2017) / 1 / 1)));
}

BOOST_AUTO_TEST_CASE(times_too_far_apart_to_be_subtracted_are_moved_to_where_they_can) {
  const auto last = http::parse_date("Fri, 31 Dec 9999 23:59:59 GMT");
  const auto first = http::parse_date("Fri, 01 Jan 0001 00:00:00 GMT");
  BOOST_TEST((last == at(std::chrono::year(2199) / 12 / 31, 24h - 1s)));
  BOOST_TEST((first == at(std::chrono::year(1970) / 1 / 1)));
  BOOST_TEST(seconds(*last - *first) > 0);
  BOOST_TEST((parse_timestamp("9999-12-31T23:59:59.000Z") == last));
  BOOST_TEST((koodrive::parse_x_date("00010101T000000Z") == first));
  BOOST_TEST((http::parse_date("Tue, 31 Dec 2199 23:59:60 GMT") == last));
  BOOST_TEST((http::parse_date("Wed, 01 Jan 2200 00:00:00 GMT") == last));
  BOOST_TEST((http::parse_date("Wed, 31 Dec 1969 23:59:59 GMT") == first));
}

BOOST_AUTO_TEST_CASE(an_http_date_is_read_in_its_obsolete_forms_too) {
  const WallTime rfc_example = at(std::chrono::year(1994) / 11 / 6, 8h + 49min + 37s);
  BOOST_TEST((http::parse_date("Sunday, 06-Nov-94 08:49:37 GMT") == rfc_example));
  BOOST_TEST((http::parse_date("Sun Nov  6 08:49:37 1994") == rfc_example));
  const WallTime two_digits = at(std::chrono::year(2026) / 11 / 18, 23h + 59min + 59s);
  BOOST_TEST((http::parse_date("Wednesday, 18-Nov-26 23:59:59 GMT") == two_digits));
  BOOST_TEST((http::parse_date("Wed Nov 18 23:59:59 2026") == two_digits));
  BOOST_TEST((http::parse_date("Saturday, 31-Dec-16 23:59:60 GMT") == at(std::chrono::year(2017) / 1 / 1)));
}

BOOST_AUTO_TEST_CASE(a_year_of_two_digits_is_within_fifty_years) {
  BOOST_TEST((http::parse_date("Friday, 01-Jan-77 00:00:00 GMT") == at(std::chrono::year(1977) / 1 / 1)));
  BOOST_TEST((http::parse_date("Friday, 01-Jan-99 00:00:00 GMT") == at(std::chrono::year(1999) / 1 / 1)));
  BOOST_TEST((http::parse_date("Friday, 01-Jan-00 00:00:00 GMT") == at(std::chrono::year(2000) / 1 / 1)));
  BOOST_TEST((http::parse_date("Friday, 01-Jan-76 00:00:00 GMT") == at(std::chrono::year(2076) / 1 / 1)));
}

BOOST_AUTO_TEST_CASE(text_in_none_of_the_forms_of_an_http_date_is_not_read) {
  for (const char* text : {"",
                           "0",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 nov 1994 08:49:37 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 25:49:37 GMT",
                           "Sun,X06 Nov 1994 08:49:37 GMT",
                           "Sun, 06XNov 1994 08:49:37 GMT",
                           "Sun, 06 NovX1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994X08:49:37 GMT",
                           "Sux, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 06 Nov 1994 08.49:37 GMT",
                           "Sun, 06-Nov-94 08:49:37 GMT",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Sunday, 06 Nov 94 08:49:37 GMT",
                           "Sunday, 06-Nov-94 08:49:37",
                           "Sunday, 6-Nov-94 08:49:37 GMT",
                           "Sunday, x6-Nov-94 08:49:37 GMT",
                           "Sunday, 06-Nov-9x 08:49:37 GMT",
                           "Sunday, ",
                           ", 06-Nov-94 08:49:37 GMT",
                           "Sunday Nov  6 08:49:37 1994",
                           "Sun Nov  6 08:49:37 94",
                           "Sun Nov  6 08:49:37 1994 GMT",
                           "Sun Nov  x 08:49:37 1994",
                           "Sun Nov   6 08:49:37 1994",
                           "Sun Nov 31 08:49:37 1994",
                           "Sun Nov  6 08:49-37 1994",
                           "Sun nov  6 08:49:37 1994"}) {
    BOOST_TEST(!http::parse_date(text).has_value(), text << " was read");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::test
