#include "koobatch/koodrive/result_codes.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace koobatch::koodrive;

BOOST_AUTO_TEST_SUITE(result_codes)

BOOST_AUTO_TEST_CASE(every_code_of_the_reference_is_known_once_and_has_a_meaning) {
  std::set<std::int64_t> seen;
  for (const auto& known : koobatch::koodrive::result_codes()) {
    BOOST_TEST(seen.insert(known.code).second, known.code);
    BOOST_TEST(find_result_code(known.code) == &known);
    BOOST_TEST(!known.meaning.empty(), known.code);
  }
  BOOST_TEST(seen.size() == 8U);
}

BOOST_AUTO_TEST_CASE(a_documented_refusal_is_final_and_nothing_else_is) {
  for (const auto known : {13000102, 13000201, 13000301, 13000305, 13000306, 13000309, 13000405, 13000410}) {
    BOOST_TEST(is_final_refusal(known), known);
  }
  BOOST_TEST(!is_final_refusal(code::success));
  BOOST_TEST(!is_final_refusal(13000400));
}

BOOST_AUTO_TEST_SUITE_END()
