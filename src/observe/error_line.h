// The line of a program's output that says why a request failed, and what is the same in it when
// the same thing fails again. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace livefix::observe {

// `lines`: what the program wrote about the time of the failure, oldest first. The first of these
// that there is, and of several the last:
//   - the headline of a stack trace or a panic (failure_summary.h), without its place: lines of
//     code move from one release to the next;
//   - an error in a log of JSON or of key=value, or a line that names the kind of an error;
//   - what follows ERROR, FATAL, CRITICAL, SEVERE or PANIC.
// One line as the program wrote it, at most kMaxErrorLine bytes, without the time and the address
// of the log; empty when there is none.
inline constexpr std::size_t kMaxErrorLine = 400;
std::string error_line(const std::vector<std::string>& lines);

// What becomes of quoted words ("rate" of "reading 'rate'"): they name a place in the code, or are
// what somebody typed.
enum class Quoted : std::uint8_t { words_kept, all_gone };

// The line with placeholders for what differs each time: <n> for numbers, <id>, <time>, <address>,
// <url>, <email>, <release> for the way to a release's files, '<value>' for what is quoted and no
// word. Harmless on a terminal; at most kMaxErrorPattern bytes and "...".
inline constexpr std::size_t kMaxErrorPattern = 240;
std::string normalise(std::string_view line, Quoted quoted = Quoted::words_kept);

}  // namespace livefix::observe
