// common_headers.h for tests.
#pragma once

#include <gtest/gtest.h>

#include "common_headers.h"
