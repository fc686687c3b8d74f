// Durations as people read them. Pure.
#pragma once

#include <chrono>
#include <string>

namespace livefix {

// 12, 3.1, 0.05: two digits that count, without zeros at the end.
std::string two_digits(double value);

// "96 us", "4.2 ms", "840 ms", "1.4 s", "12 s", "3 min 5 s", "2 h"; "0 ms" of none and less.
std::string duration_text(std::chrono::microseconds time);

}  // namespace livefix
