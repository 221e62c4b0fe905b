// Beast's own definitions, compiled once here instead of in every file that uses it.
#include <boost/beast/src.hpp>
