// For tests: an HTTP/2 client, or a program that speaks it, that sends frames as they are, right or
// wrong.
#pragma once

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <string>
#include <vector>

#include "proxy/proxy_harness.h"

namespace livefix::proxy::testing {

struct Frame {
  int type = -1;  // -1: the connection has ended
  int flags = 0;
  int stream = 0;
  std::string payload;

  // Of RST_STREAM, or of GOAWAY.
  std::uint32_t error() const { return number(type == NGHTTP2_GOAWAY ? 4 : 0); }
  std::uint32_t number(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4 && i < payload.size(); ++i) {
      value = value << 8 | static_cast<unsigned char>(payload[i]);
    }
    return value;
  }
};

inline std::string big_endian(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

inline std::string frame(int type, int flags, int stream, std::string_view payload = {}) {
  return big_endian(static_cast<std::uint32_t>(payload.size()), 3) + static_cast<char>(type) +
         static_cast<char>(flags) + big_endian(static_cast<std::uint32_t>(stream), 4) +
         std::string(payload);
}

// Without any compression. Names and values of less than 127 bytes.
inline std::string field(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + std::string(name) +
         static_cast<char>(value.size()) + std::string(value);
}
inline std::string head(std::string_view method, std::string_view path) {
  return field(":method", method) + field(":scheme", "http") + field(":authority", "shop") +
         field(":path", path);
}

class Http2Peer {
 public:
  static constexpr int kWhole = NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM;

  // `window`: of each stream, to begin with.
  explicit Http2Peer(const ProxyHarness& proxy, std::uint32_t window = 65'535)
      : peer_(proxy.connect()) {
    constexpr std::uint32_t kInitialWindow = NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE;
    send(NGHTTP2_CLIENT_MAGIC +
         frame(NGHTTP2_SETTINGS, 0, 0, big_endian(kInitialWindow, 2) + big_endian(window, 4)));
  }

  // The program's end of a connection that the proxy has made.
  explicit Http2Peer(Peer&& accepted) : peer_(std::move(accepted)) {
    peer_.read(NGHTTP2_CLIENT_MAGIC_LEN);
    send(frame(NGHTTP2_SETTINGS, 0, 0));
  }

  bool send(std::string_view bytes) { return peer_.send(bytes); }
  // The stream of the next request that has come whole; 0 at the end.
  int next_request() {
    for (;;) {
      const Frame one = read();
      if (one.type < 0) return 0;
      if (one.type <= NGHTTP2_HEADERS && one.flags & NGHTTP2_FLAG_END_STREAM) return one.stream;
    }
  }
  int get(std::string_view path = "/") { return ask(kWhole, head("GET", path)); }
  int ask(int flags, std::string_view block) {
    const int stream = std::exchange(next_, next_ + 2);
    send(frame(NGHTTP2_HEADERS, flags, stream, block));
    return stream;
  }
  void open(int stream, std::uint32_t by) {
    send(frame(NGHTTP2_WINDOW_UPDATE, 0, stream, big_endian(by, 4)));
  }

  Frame read() {
    const std::string start = peer_.read(9);
    if (start.size() < 9) return {};
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(start[at]); };
    Frame one;
    one.type = byte(3);
    one.flags = byte(4);
    one.stream = byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8);
    one.payload = peer_.read(static_cast<std::size_t>(byte(0) << 16 | byte(1) << 8 | byte(2)));
    if (one.type == NGHTTP2_SETTINGS && !(one.flags & NGHTTP2_FLAG_ACK)) {
      send(frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0));
    }
    return one;
  }
  // The next frame of that kind, or the end.
  Frame next(int type, int stream) {
    for (;;) {
      const Frame one = read();
      if (one.type < 0 || (one.type == type && one.stream == stream)) return one;
    }
  }
  // The body of a whole answer; "reset" or "ended" when it is none.
  std::string answer(int stream) {
    std::string body;
    for (;;) {
      const Frame one = read();
      if (one.type < 0) return "ended";
      if (one.stream != stream) continue;
      if (one.type == NGHTTP2_RST_STREAM) return "reset";
      if (one.type == NGHTTP2_DATA) body += one.payload;
      if (one.type <= NGHTTP2_HEADERS && one.flags & NGHTTP2_FLAG_END_STREAM) return body;
    }
  }
  bool is_closed() {
    while (read().type >= 0) {
    }
    return peer_.is_closed();
  }
  Peer& peer() { return peer_; }

 private:
  Peer peer_;
  int next_ = 1;
};

}  // namespace livefix::proxy::testing
