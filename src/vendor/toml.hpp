#pragma once
// toml++, header-only and without exceptions.
//
// Version 3.3 asserts at a table header that something follows which can begin a name. After "[=" that is not so, and
// the code behind the assertion reports it well. With assertions the program would end; without them, clang is told to
// believe it. So the library is compiled as if assertions were on, and they do nothing.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expr) static_cast<void>(0)
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")
// Anew, as this build means it.
#include <cassert>
