// clang-format off: it takes the hyphens for operators.
#define BOOST_TEST_MODULE koobatch end-to-end tests
// clang-format on
#include <boost/test/unit_test.hpp>
