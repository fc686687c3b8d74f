// One end of a conversation in HTTP/1 bytes, in an edge-triggered loop: remembers what the edges
// said, reads without probing for EAGAIN, and keeps what there was no room for. One thread.
//
//   Stream ---- SocketStream ---- TcpStream     the kernel's bytes as they are
//         \                 `---- TlsStream     through OpenSSL
//          `--- Http2Exchange streams           one stream of an HTTP/2 connection, as if it
//                                               were a connection of its own
//
// After a read that came back short nothing is left and the next edge will tell, so no second
// read is needed; only where the peer has sent its end is there nothing that would tell.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "os/event_loop.h"
#include "proxy/spill.h"

namespace livefix::proxy {

class Stream {
 public:
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // `sink` hears of every edge from now on, until close. It may be replaced. False when the loop
  // will not have it.
  [[nodiscard]] virtual bool attach(os::EventLoop& loop, os::EventSink& sink) = 0;
  // Gives others a turn: what is ready is reported once more.
  virtual void yield() = 0;

  void note(std::uint32_t events);
  bool readable() const { return readable_; }
  // The peer will send no more, though there may be bytes to read.
  bool peer_is_leaving() const { return peer_leaving_; }
  // Nothing can be sent to it, either.
  bool hung_up() const { return hung_up_; }

  enum class Read : std::uint8_t { data, nothing, end, failure };
  struct Received {
    Read kind = Read::nothing;
    std::size_t bytes = 0;
  };
  virtual Received receive(std::span<char> into) = 0;

  // Sends, and keeps what is left over; `more` when other bytes follow at once. False when the
  // peer is gone: nothing can be sent any more, though something may be left to read.
  bool send(std::string_view bytes, bool more = false);
  // Sends what was kept, as far as it goes. False as above.
  bool flush();
  // Something is kept: send no more, read no more from where it comes from.
  bool blocked() const { return !tail_.empty(); }
  bool broken() const { return broken_; }

  // Bytes that were taken off our hands, ever, and those of them that the peer may have.
  std::uint64_t sent() const { return sent_; }
  virtual std::uint64_t acknowledged() const = 0;
  // The peer has said that it did nothing with what was sent, and never will.
  virtual bool was_refused() const { return false; }
  // The peer closed its side in order, and did not reset: see exchange.cc for what that proves.
  bool ended_in_order() const { return end_seen_ && !reset_seen_; }
  bool was_reset() const { return reset_seen_; }
  // Looks for an end or for bytes nobody asked for, without taking anything.
  virtual bool is_quiet() = 0;
  // Of one that was connecting, when it reports: 0, or an errno.
  virtual int connect_error() const = 0;

  virtual void shut_down_sending() = 0;
  // Close so that the peer cannot take what it has for the whole.
  virtual void reset() = 0;
  // Idempotent. No edge is reported any more.
  virtual void close() = 0;

 protected:
  Stream() = default;
  // Takes what there is room for; sets `broken_`, `readable_` and `reset_seen_` as they become
  // true.
  virtual std::size_t write(std::string_view bytes, bool more) = 0;

  bool readable_ = false;
  bool peer_leaving_ = false;
  bool hung_up_ = false;
  bool broken_ = false;
  bool end_seen_ = false;
  bool reset_seen_ = false;

 private:
  std::uint64_t sent_ = 0;
  Spill tail_;
};

}  // namespace livefix::proxy
