#include "proxy/http2_output.h"

#include <algorithm>
#include <cstring>

namespace livefix::proxy {

void Http2Output::drop() {
  std::string().swap(bytes_);
  at_ = 0;
  ended_ = false;
  trailers_ = Http2Fields();
}

nghttp2_data_provider Http2Output::provider() {
  nghttp2_data_provider provider{};
  provider.source.ptr = this;
  provider.read_callback = [](nghttp2_session* session, std::int32_t stream, std::uint8_t* buffer,
                              std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                              void*) {
    return static_cast<Http2Output*>(source->ptr)->read(session, stream, {buffer, size}, *flags);
  };
  return provider;
}

ssize_t Http2Output::read(nghttp2_session* session, std::int32_t stream,
                          std::span<std::uint8_t> into, std::uint32_t& flags) {
  const std::size_t count = std::min(into.size(), waiting());
  std::memcpy(into.data(), bytes_.data() + at_, count);
  at_ += count;
  if (waiting() == 0) {
    bytes_.clear();
    at_ = 0;
    if (ended_) {
      flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!trailers_.empty()) {
        flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        const auto fields = trailers_.view();
        nghttp2_submit_trailer(session, stream, fields.data(), fields.size());
      }
    } else if (count == 0) {
      deferred_ = true;
      return NGHTTP2_ERR_DEFERRED;
    }
  } else if (at_ > kMost) {
    bytes_.erase(0, std::exchange(at_, 0));
  }
  if (count > 0 && on_room) on_room();
  return static_cast<ssize_t>(count);
}

}  // namespace livefix::proxy
