// The first byte chooses the size of the pieces. However a chunked body is cut, its end, its
// payload and its verdict are the same.
#include <algorithm>
#include <string>

#include "fuzz_check.h"
#include "http/body_framer.h"

using namespace livefix::http;

namespace {

struct Seen {
  std::size_t bytes = 0;
  BodyState state = BodyState::more;
  std::string payload;

  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen run(std::string_view input, std::size_t piece_size) {
  BodyFramer framer(ChunkedBody{});
  Seen seen;
  while (!input.empty() && seen.state == BodyState::more) {
    std::string piece(input.substr(0, piece_size));
    input.remove_prefix(piece.size());
    std::size_t payload = 0;
    const auto progress = framer.advance_unchunked(piece.data(), piece.size(), payload);
    check(progress.bytes <= piece.size() && payload <= progress.bytes);
    check(progress.state != BodyState::more || progress.bytes == piece.size());
    seen.bytes += progress.bytes;
    seen.state = progress.state;
    seen.payload += piece.substr(0, payload);
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view input = view(data + 1, size - 1);
  const std::size_t piece = data[0] % 64 + 1;
  const Seen whole = run(input, input.size() + 1);
  check(whole == run(input, piece));

  BodyFramer framer(ChunkedBody{});
  const auto passed_on = framer.advance(input);
  check(input.empty() || (passed_on.bytes == whole.bytes && passed_on.state == whole.state));
  return 0;
}
