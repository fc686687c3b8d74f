// Figures as people read them. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace livefix {

// Two digits that count: "12 %", "3.1 %", "0.05 %", "0 %"; `share` is of 1.
std::string percent_text(double share);
// "7,800".
std::string count_text(std::uint64_t count);
// "740 kB", "1.2 GB"; 1 kB is 1,000 bytes.
std::string bytes_text(std::uint64_t bytes);

}  // namespace livefix
