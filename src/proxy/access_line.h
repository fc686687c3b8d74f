// One line of the access log, from its parts to text: JSON, or `combined` as Apache and nginx write
// it. Pure. Whatever a client has sent, a line is one line that its readers can read: what is
// neither printable nor valid UTF-8 is escaped, and no line is longer than kMaxAccessLine.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/proxy_spec.h"

namespace livefix::proxy {

// With its "\n". What a pipe takes whole (PIPE_BUF), and what readers with fixed buffers have room
// for. A part that is longer than its share is cut and ends in "...".
inline constexpr std::size_t kMaxAccessLine = 4096;

// Of the parts, in bytes as they are written.
struct AccessShares {
  static constexpr std::size_t kClient = 48;
  static constexpr std::size_t kMethod = 32;
  static constexpr std::size_t kHost = 255;
  static constexpr std::size_t kTarget = 1800;  // also of a request line that cannot be read
  static constexpr std::size_t kReferer = 700;
  static constexpr std::size_t kAgent = 500;
  static constexpr std::size_t kService = 64;
  static constexpr std::size_t kRelease = 64;
  static constexpr std::size_t kId = 128;
  static constexpr std::size_t kTrace = 32;
};

enum class AccessProtocol : std::uint8_t { unknown, http10, http11, http2, tcp };
enum class TlsVersion : std::uint8_t { none, tls12, tls13 };

// Views of what somebody else keeps. Empty and 0 stand for what is not known.
struct AccessEntry {
  using Duration = std::chrono::microseconds;

  std::chrono::system_clock::time_point time;  // of the end
  std::string_view client;
  std::string_view method;
  std::string_view host;
  std::string_view target;
  // The first line of a request that could not be read; method, host and target are empty then.
  std::string_view unreadable;
  AccessProtocol protocol = AccessProtocol::unknown;
  int status = 0;                  // a connection of a service of bytes has none
  std::optional<int> grpc_status;  // of a call that was told how it ended
  std::uint64_t bytes = 0;         // of the answer's body
  bool complete = true;            // the client was given the whole answer
  Duration duration{};
  std::optional<Duration> first_byte;  // from the request to the first byte of its answer
  std::optional<Duration> waited;      // for a generation
  std::string_view service;
  std::uint32_t generation = 0;
  std::string_view release;  // that of the generation: "dev-3"
  std::string_view id;
  std::string_view trace;  // the id of it
  std::string_view referer;
  std::string_view agent;
  TlsVersion tls = TlsVersion::none;
};

// Writes lines over and over into the same memory; one thread.
class AccessLineComposer {
 public:
  explicit AccessLineComposer(AccessLogFormat format) : format_(format) {}

  // With "\n" at its end; valid until the next call.
  std::string_view compose(const AccessEntry& entry);
  // The line that stands for `lines` others, for which there was no room.
  std::string_view compose_gap(std::chrono::system_clock::time_point time, std::uint64_t lines);

 private:
  void use_time(std::chrono::system_clock::time_point time);

  const AccessLogFormat format_;
  // The calendar is asked once a second.
  std::chrono::sys_seconds second_{std::chrono::seconds{-1}};
  std::array<char, 32> date_{};
  std::size_t date_size_ = 0;
  std::array<char, kMaxAccessLine> line_{};
};

}  // namespace livefix::proxy
