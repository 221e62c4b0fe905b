#include "koobatch/page/html_template.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>

using namespace koobatch::page;

BOOST_AUTO_TEST_SUITE(html_template)

BOOST_AUTO_TEST_CASE(texts_are_escaped_unless_they_are_our_own) {
  TemplateValues values;
  values.set("x", R"(<a href="x" title='y'>&)");
  BOOST_TEST(fill_template("[{{x}}]", values) == "[&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;]");
  BOOST_TEST(fill_template("[{{{x}}}]", values) == R"([<a href="x" title='y'>&])");
}

BOOST_AUTO_TEST_CASE(inserted_text_is_not_treated_as_a_template) {
  TemplateValues values;
  values.set("x", "{{y}}").set("y", "no");
  BOOST_TEST(fill_template("{{x}}{{{x}}}", values) == "{{y}}{{y}}");
}

BOOST_AUTO_TEST_CASE(sections_are_repeated_as_often_as_they_were_added) {
  TemplateValues values;
  values.set("unit", "ms");
  values.add("row").set("n", "1");
  values.add("row").set("n", "2").add("mark");
  const std::string source = "{{#row}}{{n}} {{unit}}{{#mark}}!{{/mark}};{{/row}}{{^row}}none{{/row}}";
  BOOST_TEST(fill_template(source, values) == "1 ms;2 ms!;");
  BOOST_TEST(fill_template(source, TemplateValues()) == "none");
}

BOOST_AUTO_TEST_CASE(the_innermost_name_wins) {
  TemplateValues values;
  values.set("n", "outer");
  values.add("a").set("n", "inner");
  BOOST_TEST(fill_template("{{n}} {{#a}}{{n}}{{/a}} {{n}}", values) == "outer inner outer");
}

BOOST_AUTO_TEST_CASE(a_template_that_does_not_match_its_values_is_a_bug) {
  BOOST_CHECK_THROW(fill_template("{{x}}", TemplateValues()), std::logic_error);
  BOOST_CHECK_THROW(fill_template("{{#x}}", TemplateValues()), std::logic_error);
  BOOST_CHECK_THROW(fill_template("{{x", TemplateValues()), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
