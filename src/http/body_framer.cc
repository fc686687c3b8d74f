#include "http/body_framer.h"

#include <algorithm>
#include <cstring>

namespace livefix::http {

BodyFramer::BodyFramer(const Body& body) {
  if (const auto* length = std::get_if<LengthBody>(&body)) {
    state_ = Length{length->bytes};
    done_ = length->bytes == 0;
  } else if (std::holds_alternative<ChunkedBody>(body)) {
    state_ = ChunkedFramer();
    done_ = false;
  } else if (std::holds_alternative<CloseBody>(body)) {
    state_ = UntilClose{};
    done_ = false;
  }
}

BodyProgress BodyFramer::settle(BodyProgress progress) {
  done_ = progress.state == BodyState::done;
  return progress;
}

BodyProgress BodyFramer::advance(std::string_view input) {
  if (done_) return {0, BodyState::done};
  if (auto* length = std::get_if<Length>(&state_)) {
    const auto taken = std::min<std::uint64_t>(length->remaining, input.size());
    length->remaining -= taken;
    return settle({static_cast<std::size_t>(taken),
                   length->remaining == 0 ? BodyState::done : BodyState::more});
  }
  if (auto* chunked = std::get_if<ChunkedFramer>(&state_)) return settle(chunked->advance(input));
  return {input.size(), BodyState::more};
}

BodyProgress BodyFramer::advance_unchunked(char* bytes, std::size_t size, std::size_t& payload) {
  auto* chunked = std::get_if<ChunkedFramer>(&state_);
  if (!chunked || done_) {
    const auto progress = advance({bytes, size});
    payload = progress.bytes;
    return progress;
  }
  payload = 0;
  const auto compact = [&](std::string_view run) {
    std::memmove(bytes + payload, run.data(), run.size());
    payload += run.size();
  };
  return settle(chunked->advance({bytes, size}, compact, [](char) {}));
}

std::uint64_t BodyFramer::remaining() const {
  const auto* length = std::get_if<Length>(&state_);
  return length ? length->remaining : 0;
}

}  // namespace livefix::http
