// The first byte chooses the size of the pieces. However bytes are cut, the tracker finds the same
// ends of frames, and those that a reader with all bytes in front of it finds. A Close frame that
// is put in at one of them is seen as one by whoever reads on.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz_check.h"
#include "http/websocket_frames.h"

using namespace livefix::http;

namespace {

struct Seen {
  std::vector<std::size_t> ends{0};
  bool closing = false;
};

// As a careless reader would do it: with the whole in memory.
Seen read_all(std::string_view input) {
  Seen seen;
  std::size_t at = 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(input[i]); };
  while (at < input.size()) {
    seen.closing = seen.closing || (byte(at) & 15) == 8;
    if (input.size() - at < 2) return seen;
    const bool masked = (byte(at + 1) & 128) != 0;
    std::uint64_t size = byte(at + 1) & 127;
    const std::size_t size_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
    at += 2;
    if (size_bytes > 0) {
      if (input.size() - at < size_bytes) return seen;
      size = 0;
      for (std::size_t i = 0; i < size_bytes; ++i) size = size << 8 | byte(at + i);
      at += size_bytes;
    }
    const std::size_t mask = masked ? 4 : 0;
    if (input.size() - at < mask || size > input.size() - at - mask) return seen;
    at += mask + static_cast<std::size_t>(size);
    seen.ends.push_back(at);
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view input = view(data + 1, size - 1);
  const std::size_t piece = data[0] % 64 + 1;
  const Seen expected = read_all(input);

  WebSocketFrames whole;
  check(whole.advance(input) == expected.ends.back());
  check(whole.at_boundary() == (expected.ends.back() == input.size()));
  check(whole.closing() == expected.closing);

  WebSocketFrames frames;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    const std::string_view bytes = input.substr(at, piece);
    const auto found = frames.advance(bytes);
    const auto behind =
        std::ranges::upper_bound(expected.ends, at + bytes.size());  // ends has 0 in front
    const std::size_t last = *std::prev(behind);
    check(found ? last == at + *found : last < at);
  }
  check(frames.at_boundary() == whole.at_boundary() && frames.closing() == whole.closing());

  if (!frames.at_boundary() || frames.closing()) return 0;
  const WebSocketMask mask{'a', '\0', '\x80', static_cast<char>(data[0])};
  const std::string goodbye = (data[0] & 128) != 0 ? compose_close(CloseCode::service_restart)
                                                   : compose_close(CloseCode::going_away, mask);
  check(frames.advance(goodbye) == goodbye.size() && frames.closing() && frames.at_boundary());
  return 0;
}
