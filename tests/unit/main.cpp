#define BOOST_TEST_MODULE koobatch unit tests
#include <boost/test/unit_test.hpp>
