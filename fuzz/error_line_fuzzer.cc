// The output of a program. What is found in it, and what becomes of it, is bounded and harmless on
// a terminal.
#include <algorithm>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "fuzz_check.h"
#include "observe/error_line.h"
#include "observe/failure_summary.h"

using namespace livefix::observe;

namespace {

void check_text(std::string_view text, std::size_t most) {
  check(text.size() <= most);
  check(livefix::valid_utf8(text) == text);
  check(std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = view(data, size);
  std::vector<std::string> lines;
  for (std::string_view rest = input; !rest.empty();) {
    const std::size_t end = std::min(rest.size(), rest.find('\n'));
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  const std::string line = error_line(lines);
  check_text(line, kMaxErrorLine);
  check(summarize_failure(lines, "/srv/shop").size() <= 5);
  for (const Quoted quoted : {Quoted::words_kept, Quoted::all_gone}) {
    for (const std::string_view text : {input, std::string_view(line)}) {
      check_text(normalise(text, quoted), kMaxErrorPattern + 3);
    }
  }
  return 0;
}
