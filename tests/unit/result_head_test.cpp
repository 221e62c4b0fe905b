#include "koobatch/report/result_head.hpp"

#include "report_samples.hpp"

#include <string>

using namespace koobatch;
using namespace koobatch::report;

namespace {

std::string line_of(const ResultRecord& result) {
  std::string line = samples::line(result);
  line.pop_back();
  return line;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(result_head)

BOOST_AUTO_TEST_CASE(the_head_of_every_status_is_read) {
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    const auto status = static_cast<Status>(i);
    const auto head = read_result_head(line_of(samples::result(4'294'967'295, status)));
    BOOST_TEST_REQUIRE(head.has_value());
    BOOST_TEST(head->line == 4'294'967'295U);
    BOOST_TEST((head->status == status));
  }
}

BOOST_AUTO_TEST_CASE(names_and_identifiers_may_hold_anything) {
  const std::vector<std::string> odd = {"",     "\"",   "\\",       "\\\"",         R"(","status":"failed")",
                                        "\n\t", "\\\\", "\xff\xfe", "\u00e4\u2603", R"(\","status":"failed)"};
  for (const auto& text : odd) {
    auto result = samples::result(7, Status::rejected);
    result.op = text;
    result.id = text;
    const auto head = read_result_head(line_of(result));
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST_REQUIRE(head.has_value());
      BOOST_TEST(head->line == 7U);
      BOOST_TEST((head->status == Status::rejected));
    }
  }
}

BOOST_AUTO_TEST_CASE(other_lines_have_none) {
  BOOST_TEST(!read_result_head(samples::line(samples::note(3))).has_value());
  BOOST_TEST(!read_result_head(samples::line(samples::run())).has_value());
  BOOST_TEST(!read_result_head(samples::line(samples::end())).has_value());
  BOOST_TEST(!read_result_head("").has_value());
  const auto whole = line_of(samples::result(12));
  // Cut off anywhere before the status has ended.
  const auto end = whole.find("succeeded") + 8;
  for (std::size_t size = 0; size < end; ++size) {
    BOOST_TEST(!read_result_head(std::string_view(whole).substr(0, size)).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()
