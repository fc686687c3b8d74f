// A connected TCP socket of an edge-triggered loop: remembers what the edges said, reads without
// probing for EAGAIN, and keeps what the kernel had no room for. One thread.
//
// After a read that came back short the socket is empty and the next edge will tell, so no second
// read is needed; only where the peer has sent its FIN is there nothing that would tell.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "os/fd.h"

namespace livefix::proxy {

class Stream {
 public:
  static const std::uint32_t kEvents;  // what to register, once

  explicit Stream(os::Fd fd) : fd_(std::move(fd)) {}

  int fd() const { return fd_.get(); }
  bool is_open() const { return static_cast<bool>(fd_); }

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
  Received receive(std::span<char> into);

  // Sends, and keeps what is left over; `more` when other bytes follow at once. False when the
  // peer is gone: nothing can be sent any more, though something may be left to read.
  bool send(std::string_view bytes, bool more = false);
  // Sends what was kept, as far as it goes. False as above.
  bool flush();
  // Something is kept: send no more, read no more from where it comes from.
  bool blocked() const { return tail_at_ < tail_.size(); }
  bool broken() const { return broken_; }

  // Bytes that the kernel took, ever, and those that the peer's kernel acknowledged of them.
  std::uint64_t sent() const { return sent_; }
  std::uint64_t acknowledged() const;
  // The peer closed its side in order, and did not reset: see exchange.cc for what that proves.
  bool ended_in_order() const { return end_seen_ && !reset_seen_; }
  // Looks for an end or for bytes nobody asked for, without taking anything.
  bool is_quiet() const;

  void shut_down_sending();
  // Close so that the peer sees a reset and cannot take what it has for the whole.
  void reset();
  void close() { fd_.reset(); }

 private:
  std::size_t write(std::string_view bytes, bool more);

  os::Fd fd_;
  bool readable_ = false;
  bool peer_leaving_ = false;
  bool hung_up_ = false;
  bool broken_ = false;
  bool end_seen_ = false;
  bool reset_seen_ = false;
  std::uint64_t sent_ = 0;
  std::string tail_;
  std::size_t tail_at_ = 0;
};

}  // namespace livefix::proxy
