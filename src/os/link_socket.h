// One end of a SOCK_SEQPACKET pair: whole messages with descriptors, in order. Sending never
// blocks: what the peer has no room for waits in the owner's memory, bounded. One thread.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace livefix::os {

struct Packet {
  std::string bytes;
  std::vector<Fd> fds;
};
struct NothingYet {};
struct LinkClosed {};  // the peer is gone, or broke the rules of the link

class LinkSocket {
 public:
  // SCM_MAX_FD of unix(7) is 253; more descriptors than this travel in several messages.
  static constexpr std::size_t kMaxFds = 250;

  // Both ends non-blocking and close-on-exec.
  static Result<std::pair<Fd, Fd>> pair();

  explicit LinkSocket(Fd fd) : fd_(std::move(fd)) {}

  int fd() const { return fd_.get(); }

  // `fds` are duplicated if the message has to wait. Fails when the peer is gone, when the
  // message is larger than the socket allows, or when too many messages wait already.
  Status send(std::string_view bytes, std::span<const int> fds = {});
  // Sends what waits, as far as it goes. Call it on EPOLLOUT.
  Status flush();
  bool has_backlog() const { return !backlog_.empty(); }

  std::variant<Packet, NothingYet, LinkClosed> receive();

 private:
  Fd fd_;
  std::deque<Packet> backlog_;
};

}  // namespace livefix::os
