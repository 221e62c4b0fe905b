#include "contains.hpp"
#include "koobatch/koodrive/operations_file.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace koobatch;
using namespace koobatch::koodrive;
using koobatch::test::contains;

namespace {

namespace dom = simdjson::dom;

/// The description of the operations in such a file, without those built in.
class Description {
 public:
  explicit Description(std::string_view operations) {
    const auto catalogue = parse_operations("format = 1\n" + std::string(operations), "ops.toml", {});
    if (!catalogue) BOOST_FAIL(catalogue.error().message);
    append_openapi(text_, catalogue->rows());
    root_ = parser_.parse(text_).value();
  }

  /// What a JSON pointer leads to, as JSON; empty: nothing.
  std::string at(std::string_view pointer) const {
    dom::element found;
    return root_.at_pointer(pointer).get(found) == simdjson::SUCCESS ? std::string(simdjson::minify(found))
                                                                     : std::string();
  }
  std::size_t paths() const { return dom::object(root_["paths"]).size(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  dom::parser parser_;
  dom::element root_;
};

/// An operation on notes. `more`: further members.
std::string note(std::string_view name, std::string_view request, std::string_view id, std::string_view more = {}) {
  return fmt::format(R"([operation.{0}]
request = "{1}"
key = "note:{{{2}}}"
repeatable = true
fields.{2} = {{ in = "path", type = "text", required = true }}
fields.text = {{ type = "text" }}
{3}
)",
                     name, request, id, more);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(openapi)

BOOST_AUTO_TEST_CASE(paths_that_differ_only_in_names_become_one) {
  const Description api(note("set_text", "PUT /n/{a}/x", "a") + note("add_text", "POST /n/{b}/x", "b") +
                        note("other", "PUT /n/{b}", "b"));
  BOOST_TEST(api.paths() == 2U);
  BOOST_TEST(api.at("/paths/~1n~1{a}~1x/put/operationId") == R"("set_text")");
  BOOST_TEST(api.at("/paths/~1n~1{a}~1x/post/operationId") == R"("add_text")");
  // By the name in the path, which is not the field's.
  BOOST_TEST(api.at("/paths/~1n~1{a}~1x/post/parameters/0/name") == R"("a")");
  BOOST_TEST(api.at("/paths/~1n~1{a}~1x/post/parameters/0/description") == R"("b")");
  BOOST_TEST(api.at("/paths/~1n~1{b}/put/operationId") == R"("other")");
  BOOST_TEST(!contains(api.text(), "x-same-request"));
}

BOOST_AUTO_TEST_CASE(of_operations_with_one_request_the_first_names_the_others) {
  const Description api(note("set_text", "PUT /n/{a}", "a") + note("set_again", "PUT /n/{b}", "b") +
                        note("add_text", "POST /n/{b}", "b") + note("set_anew", "PUT /n/{a}", "a"));
  BOOST_TEST(api.paths() == 1U);
  BOOST_TEST(api.at("/paths/~1n~1{a}/put/operationId") == R"("set_text")");
  BOOST_TEST(api.at("/paths/~1n~1{a}/put/x-same-request") == R"(["set_again","set_anew"])");
  BOOST_TEST(api.at("/paths/~1n~1{a}/post/operationId") == R"("add_text")");
  BOOST_TEST(api.at("/paths/~1n~1{a}/post/x-same-request").empty());
}

BOOST_AUTO_TEST_CASE(alternatives_are_written_only_if_the_body_decides) {
  const std::string agent =
      "fields.agent = { in = \"header\", as = \"x-hw-agentname\", type = \"text\" }\n"
      "fields.colour = { type = \"text\" }\n";
  const std::string schema = "/paths/~1n~1{a}/put/requestBody/content/application~1json/schema";
  const Description body(note("set", "PUT /n/{a}", "a", agent + "at_least_one_of = [\"text\", \"colour\"]"));
  BOOST_TEST(body.at(schema + "/anyOf") == R"([{"required":["text"]},{"required":["colour"]}])");
  const Description mixed(note("set", "PUT /n/{a}", "a", agent + "at_least_one_of = [\"text\", \"agent\"]"));
  BOOST_TEST(!mixed.at(schema).empty());
  BOOST_TEST(mixed.at(schema + "/anyOf").empty());
}

BOOST_AUTO_TEST_CASE(each_status_of_a_success_is_written_once) {
  const Description api(note("set", "PUT /n/{a}", "a", "success = { http = [202, 200, 202] }"));
  const auto responses = api.at("/paths/~1n~1{a}/put/responses");
  BOOST_TEST(contains(responses, R"("202":)"));
  BOOST_TEST(responses.find(R"("202":)") == responses.rfind(R"("202":)"));
  BOOST_TEST(contains(responses, R"("200":)"));
}

BOOST_AUTO_TEST_SUITE_END()
