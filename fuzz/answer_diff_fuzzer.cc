// The first byte says what the answers are, the next two where the input is split; the halves are
// two bodies.
//   - An answer is like itself; what was learned from two answers excuses both against each other.
//   - What is told is bounded, harmless on a terminal, and never without a path.
#include <algorithm>
#include <string>

#include "base/utf8.h"
#include "fuzz_check.h"
#include "observe/answer_diff.h"

using namespace livefix::observe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view input = view(data + 3, size - 3);
  const std::size_t split = (static_cast<std::size_t>(data[1]) << 8 | data[2]) % (input.size() + 1);
  const std::string_view type = (data[0] & 1) != 0 ? "application/json" : "text/html";
  Answer a{200, {{"content-type", type}}, input.substr(0, split), (data[0] & 2) != 0};
  Answer b{(data[0] & 4) != 0 ? 200 : 500, a.fields, input.substr(split), (data[0] & 8) != 0};

  check(diff(a, a).empty());
  check(diff(b, b).empty());
  const Differences found = diff(a, b);
  check(found.list.size() <= Differences::kMax);
  for (const Difference& difference : found.list) {
    check(!difference.path.empty());
    const std::string text = phrase(difference);
    check(text.size() < 8 * 1024);
    check(livefix::valid_utf8(text) == text);
    check(std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
  }
  const Noise noise = learn(a, b);
  check(noise.empty() == found.empty());
  check(diff(a, b, noise).empty());
  check(diff(b, a, noise).empty());
  return 0;
}
