// clang-format off: it takes the hyphen for an operator.
#define BOOST_TEST_MODULE koobatch contract tests
// clang-format on
#include <boost/test/unit_test.hpp>
