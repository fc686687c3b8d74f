// What an HTTP/2 stream has still to send: filled by who has it, taken by nghttp2 as the windows
// of the peer allow. Lives until the stream is closed, so that an answer which was given whole is
// sent whole though nobody is there any more who gave it. One loop.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "proxy/http2_fields.h"

namespace livefix::proxy {

class Http2Output {
 public:
  // More than this is not taken: the source has to wait.
  static constexpr std::size_t kMost = 128 * 1024;

  // How much of `size` bytes there is room for.
  std::size_t room() const { return kMost - std::min(kMost, waiting()); }
  std::size_t waiting() const { return bytes_.size() - at_; }
  void append(std::string_view bytes) { bytes_.append(bytes); }
  void end() { ended_ = true; }
  bool ended() const { return ended_; }
  // What waits is not to be sent any more, nor an end.
  void drop();
  Http2Fields& trailers() { return trailers_; }

  // For nghttp2_submit_*; this must outlive the stream.
  nghttp2_data_provider provider();
  // nghttp2 was told that there is nothing, and has to hear when there is.
  bool take_deferred() { return std::exchange(deferred_, false); }

  // Called when there is room again; may be empty. Must not send.
  std::function<void()> on_room;

 private:
  ssize_t read(nghttp2_session* session, std::int32_t stream, std::span<std::uint8_t> into,
               std::uint32_t& flags);

  std::string bytes_;
  std::size_t at_ = 0;
  bool ended_ = false;
  bool deferred_ = false;
  Http2Fields trailers_;
};

}  // namespace livefix::proxy
