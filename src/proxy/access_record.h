// What the access log will say of a request that is under way: copied from its head, which is gone
// when the answer comes, into memory that is used again. Belongs to an exchange; nobody has one
// where there is no log.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/head.h"
#include "model/proxy_spec.h"
#include "proxy/access_line.h"

namespace livefix::proxy {

struct ClientOrigin;

class AccessRecord {
 public:
  // Of a head that was read; `client`: its address.
  void begin(const http::RequestHead& head, const ClientOrigin& origin, std::string_view client,
             TimePoint now);
  // Of a connection whose bytes are passed on unread.
  void begin_bytes(const ClientOrigin& origin, TimePoint now);
  // Of a request that could not be read: `input` begins with what should have been its first line.
  void begin_unreadable(std::string_view input, const ClientOrigin& origin, TimePoint now);
  bool is_open() const { return open_; }
  // What it said is written, and its memory is free for the next request.
  void close();

  void set_id(std::string_view id) { append(Part::id, id, AccessShares::kId); }
  void set_trace(std::string_view trace_id) { append(Part::trace, trace_id, AccessShares::kTrace); }
  // Of the generation that has it now.
  void set_release(std::string_view release);
  // A piece of the answer was given to the client.
  void add_bytes(std::uint64_t bytes) { bytes_ += bytes; }
  void note_first_byte(TimePoint now) { first_byte_ = now; }
  // It has waited for a generation until now.
  void note_waited(TimePoint since, TimePoint now) { waited_ = now - since; }
  // It is a tunnel now: of the bytes that its stream will have sent, those from here on.
  void count_from(std::uint64_t sent) { tunnel_start_ = sent; }
  void count_to(std::uint64_t sent);

  // Views of this. Time, status, service and generation are left for the caller.
  AccessEntry entry(TimePoint now) const;

 private:
  enum class Part : std::uint8_t {
    client,
    method,
    host,
    target,
    unreadable,
    referer,
    agent,
    id,
    trace,
    release
  };
  static constexpr std::size_t kParts = 10;

  void start(const ClientOrigin& origin, TimePoint now);
  // So much of `text` that whoever cuts it to its share sees that it was longer.
  void append(Part part, std::string_view text, std::size_t share);
  std::string_view view(Part part) const;

  bool open_ = false;
  AccessProtocol protocol_ = AccessProtocol::unknown;
  TlsVersion tls_ = TlsVersion::none;
  TimePoint begun_{};
  TimePoint first_byte_{};
  Clock::duration waited_{};
  std::uint64_t bytes_ = 0;
  std::optional<std::uint64_t> tunnel_start_;
  struct Place {
    std::uint16_t at = 0;
    std::uint16_t size = 0;
  };
  std::array<Place, kParts> places_{};
  std::string text_;
};

}  // namespace livefix::proxy
