#define BOOST_TEST_MODULE koobatch end-to-end tests
#include <boost/test/unit_test.hpp>
