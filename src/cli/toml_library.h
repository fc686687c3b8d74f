// toml++ as it is used here: without exceptions, and compiled once, by toml_library.cc, instead of
// in each file that includes it. Included by .cc files only, since it is slow to compile.
#pragma once

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 0
#define TOML_ENABLE_FORMATTERS 0

#include <toml++/toml.h>
