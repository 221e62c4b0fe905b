#define BOOST_TEST_MODULE pace
#include <boost/test/unit_test.hpp>
