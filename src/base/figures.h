// Figures as people read them. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace livefix {

// Two digits that count: "12 %", "3.1 %", "0.05 %", "0 %"; `share` is of 1.
std::string percent_text(double share);
// "7,800".
std::string count_text(std::uint64_t count);
// "96 us", "4.2 ms", "840 ms", "1.4 s", "12 s", "3 min 5 s", "2 h".
std::string time_text(std::chrono::microseconds time);
// "740 kB", "1.2 GB"; 1 kB is 1,000 bytes.
std::string bytes_text(std::uint64_t bytes);

}  // namespace livefix
