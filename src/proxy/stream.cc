#include "proxy/stream.h"

#include <sys/epoll.h>

namespace livefix::proxy {

void Stream::note(std::uint32_t events) {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) peer_leaving_ = true;
  if (events & (EPOLLHUP | EPOLLERR)) hung_up_ = true;
}

bool Stream::send(std::string_view bytes, bool more) {
  if (broken_) return false;
  std::size_t done = 0;
  if (!blocked() && !bytes.empty()) {
    done = write(bytes, more);
    sent_ += done;
  }
  if (broken_) return false;
  if (done < bytes.size()) tail_.append(bytes.substr(done));
  return true;
}

bool Stream::flush() {
  if (broken_ || !blocked()) return !broken_;
  const std::size_t done = write(tail_.view(), false);
  sent_ += done;
  tail_.drop_front(done);
  if (broken_) tail_.clear();
  return !broken_;
}

}  // namespace livefix::proxy
