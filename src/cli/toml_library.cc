// The code of toml++, so that the binary needs no shared library of it.
#define TOML_IMPLEMENTATION

#include "cli/toml_library.h"
