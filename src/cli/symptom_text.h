// Symptoms, as the control API tells of them and a person reads them (docs/symptoms.md). What is in
// them came from strangers and programs: nothing of it may act on the terminal. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix::cli {

// A line for each, or a sentence where there are none. `all`: not only those of the last hour.
Result<std::string> symptom_table(std::string_view text, bool all);
// Ten digits, as the list has them.
bool is_symptom_id(std::string_view text);
// All of one.
Result<std::string> symptom_text(std::string_view text);

}  // namespace livefix::cli
