// A program that speaks HTTP/2 as a script has it: good frames, frames that are none, fields packed
// by HPACK, raw bytes. Frames wait in its stream's input until the proxy reads them.
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memory_stream.h"

namespace livefix::proxy {

// What the fuzzer gives; behind its end everything is 0.
class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::uint8_t byte() { return bytes_.empty() ? 0 : static_cast<std::uint8_t>(bytes(1)[0]); }
  std::uint32_t number() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | byte();
    return value;
  }
  std::string_view bytes(std::size_t most) {
    const auto taken = bytes_.substr(0, most);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  template <class T, std::size_t size>
  const T& one_of(const std::array<T, size>& choice) {
    return choice[byte() % size];
  }

 private:
  std::string_view bytes_;
};

class Http2Program {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  MemoryStream::State wire;

  Http2Program() { nghttp2_hd_deflate_new(&deflater_, 4096); }
  ~Http2Program() { nghttp2_hd_deflate_del(deflater_); }
  Http2Program(const Http2Program&) = delete;
  Http2Program& operator=(const Http2Program&) = delete;

  // Whatever is on its streams is of the streams themselves: nothing was said raw.
  bool is_plain() const { return plain_; }
  // Every piece of payload on `stream` is of this byte.
  static char letter(std::uint32_t stream) { return static_cast<char>('a' + stream / 2 % 26); }

  void say_raw(Script& script) {
    plain_ = false;
    wire.input += script.bytes(script.byte());
  }
  void say_any_frame(Script& script) {
    plain_ = false;
    const int type = script.byte();
    const int flags = script.byte();
    const auto stream = stream_of(script);
    say(type, flags, stream, script.bytes(script.byte()));
  }
  void say_settings() { say(NGHTTP2_SETTINGS, 0, 0, {}); }
  void say_settings(Script& script) {
    std::string entries;
    for (int left = script.byte() % 4; left > 0; --left) {
      entries += big_endian(script.byte() % 10, 2) + big_endian(script.number(), 4);
    }
    say(NGHTTP2_SETTINGS, 0, 0, entries);
  }
  // As a good one does. Without an end where the script wants none.
  void say_answer(Script& script) {
    const auto stream = stream_of(script);
    const int how = script.byte();
    Fields fields = {{":status", "200"}};
    if (how & 1) fields.emplace_back("content-length", "5");
    say_fields(stream, fields, 0);
    if (how & 8) say_fields(stream, {{":status", "103"}}, 0);
    const bool trailers = how & 2;
    say_data(stream, 5, trailers || how & 4 ? 0 : NGHTTP2_FLAG_END_STREAM);
    if (trailers) say_fields(stream, {{"grpc-status", "0"}}, NGHTTP2_FLAG_END_STREAM);
  }
  void say_fields(Script& script) {
    const auto stream = stream_of(script);
    const int flags = script.byte();
    Fields fields;
    for (int left = script.byte() % 8; left > 0; --left) fields.push_back(field_of(script));
    say_fields(stream, fields, flags);
  }
  // Interim answers, which may cost little and unpack to much: from the second on they are all
  // alike.
  void say_interim(Script& script) {
    constexpr std::array<int, 4> kTimes = {1, 3, 17, 500};
    constexpr std::array<std::size_t, 3> kSizes = {0, 10, 4000};
    const auto stream = stream_of(script);
    const std::size_t size = script.one_of(kSizes);
    const int times = tire(size * kTimes.back()) ? script.one_of(kTimes) : 1;
    const Fields fields = {{":status", "103"}, {"link", std::string(size, 'l')}};
    say_fields(stream, fields, 0);
    const std::size_t before = wire.input.size();
    if (times > 1) say_fields(stream, fields, 0);
    const std::string again = wire.input.substr(before);
    for (int left = times - 2; left > 0; --left) wire.input += again;
  }
  void say_data(Script& script) {
    constexpr std::array<std::size_t, 6> kSizes = {0, 1, 5, 100, 4000, 16'384};
    constexpr std::array<int, 4> kTimes = {1, 3, 20, 60};
    const auto stream = stream_of(script);
    const int flags = script.byte() & (NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_PADDED);
    const std::size_t size = script.one_of(kSizes);
    const int times = tire(size * kTimes.back()) ? script.one_of(kTimes) : 1;
    for (int left = times; left > 0; --left) say_data(stream, size, flags);
  }
  void say_window(Script& script) {
    const auto stream = stream_of(script);
    say(NGHTTP2_WINDOW_UPDATE, 0, stream, big_endian(script.number(), 4));
  }
  void say_reset(Script& script) {
    const auto stream = stream_of(script);
    say(NGHTTP2_RST_STREAM, 0, stream, big_endian(script.byte() % 16, 4));
  }
  void say_ping(Script& script) { say(NGHTTP2_PING, script.byte() & 1, 0, "livefix!"); }
  void acknowledge_settings() { say(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, {}); }
  void say_goaway(Script& script) {
    const auto last = stream_of(script);
    say(NGHTTP2_GOAWAY, 0, 0, big_endian(last, 4) + big_endian(script.byte() % 16, 4));
  }

 private:
  static std::string big_endian(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(value >> (8 * i)));
    return text;
  }

  // False when it has said so much already that a run would take too long.
  bool tire(std::size_t bytes) {
    strength_ -= std::min(strength_, bytes);
    return strength_ > 0;
  }

  // One of those that the proxy opens first, mostly.
  static std::uint32_t stream_of(Script& script) {
    const std::uint32_t choice = script.byte();
    if (choice < 0xf0) return 2 * (choice % 8) + 1;
    if (choice == 0xff) return script.number();
    return choice - 0xf0;
  }

  static std::pair<std::string, std::string> field_of(Script& script) {
    static const std::array<std::pair<std::string_view, std::string_view>, 33> kFields = {{
        {":status", "200"},
        {":status", "100"},
        {":status", "101"},
        {":status", "103"},
        {":status", "204"},
        {":status", "205"},
        {":status", "304"},
        {":status", "500"},
        {":status", "099"},
        {":status", ""},
        {":path", "/"},
        {"content-length", "0"},
        {"content-length", "5"},
        {"content-length", "100"},
        {"content-length", "05"},
        {"content-length", "5, 5"},
        {"content-length", "18446744073709551616"},
        {"content-type", "application/grpc"},
        {"grpc-status", "0"},
        {"set-cookie", "a=b"},
        {"cookie", "a"},
        {"cookie", "b=1"},
        {"transfer-encoding", "chunked"},
        {"connection", "close"},
        {"keep-alive", "timeout=5"},
        {"upgrade", "websocket"},
        {"te", "trailers"},
        {"te", "gzip"},
        {"host", "other"},
        {"trailer", "grpc-status"},
        {"date", "Thu, 26 Nov 2026 12:00:00 GMT"},
        {"X", "upper case"},
        {"x", " blanks "},
    }};
    const std::size_t choice = script.byte();
    if (choice < 0x80) {
      const auto& [name, value] = kFields[choice % kFields.size()];
      return {std::string(name), std::string(value)};
    }
    if (choice < 0x90) return {"x-long", std::string(std::size_t{1} << (choice & 0xf), 'x')};
    std::string name(script.bytes(script.byte() % 20));
    return {std::move(name), std::string(script.bytes(script.byte() % 40))};
  }

  void say(int type, int flags, std::uint32_t stream, std::string_view payload) {
    wire.input += big_endian(static_cast<std::uint32_t>(payload.size()), 3);
    wire.input += static_cast<char>(type);
    wire.input += static_cast<char>(flags);
    wire.input += big_endian(stream, 4);
    wire.input += payload;
  }

  // `flags` as of HEADERS; without END_HEADERS in them it comes in one frame, with it in two.
  void say_fields(std::uint32_t stream, const Fields& fields, int flags) {
    std::vector<nghttp2_nv> list;
    for (const auto& [name, value] : fields) {
      list.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                      reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
                      value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    std::vector<std::uint8_t> packed(nghttp2_hd_deflate_bound(deflater_, list.data(), list.size()));
    const auto size =
        nghttp2_hd_deflate_hd(deflater_, packed.data(), packed.size(), list.data(), list.size());
    if (size < 0) return;
    std::string block = (flags & NGHTTP2_FLAG_PRIORITY) ? std::string(5, '\0') : "";
    block += view(packed.data(), static_cast<std::size_t>(size));
    if (flags & NGHTTP2_FLAG_PADDED) block = '\3' + block + std::string(3, '\0');
    const bool split = flags & NGHTTP2_FLAG_END_HEADERS && !(flags & NGHTTP2_FLAG_PADDED);
    flags &= ~NGHTTP2_FLAG_END_HEADERS;
    if (!split) return say(NGHTTP2_HEADERS, flags | NGHTTP2_FLAG_END_HEADERS, stream, block);
    const std::string_view all = block;
    say(NGHTTP2_HEADERS, flags, stream, all.substr(0, all.size() / 2));
    say(NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, stream, all.substr(all.size() / 2));
  }
  void say_data(std::uint32_t stream, std::size_t size, int flags) {
    std::string payload(size, letter(stream));
    if (flags & NGHTTP2_FLAG_PADDED) payload = '\3' + payload + std::string(3, '\0');
    say(NGHTTP2_DATA, flags, stream, payload);
  }

  nghttp2_hd_deflater* deflater_ = nullptr;
  std::size_t strength_ = 12 << 20;
  bool plain_ = true;
};

}  // namespace livefix::proxy
