// toml++ as it is used here: without exceptions, and compiled once, by toml_library.cc, instead of
// in each file that includes it. Included by .cc files only, since it is slow to compile.
#pragma once

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 0
#define TOML_ENABLE_FORMATTERS 0

// An assertion of 3.3 does not hold for "[[[a]]]", which the code behind it refuses as it should. A
// debug build would end there, and with NDEBUG it is an assumption that Clang would optimize by.
#define TOML_ASSERT(expression) static_assert(true)
#pragma push_macro("NDEBUG")
#undef NDEBUG
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")
