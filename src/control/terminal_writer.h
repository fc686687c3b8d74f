// Writes to a descriptor that livefix shares with others (standard output, standard error) and
// that must therefore stay blocking, without ever blocking: it asks poll(2) first and writes only
// what a pipe or terminal then has room for. What has no room waits here, bounded. Owned by
// ProgramOutput's owner; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace livefix::control {

class TerminalWriter {
 public:
  static constexpr std::size_t kMaxBacklog = 4 * 1024 * 1024;

  // `fd` stays the caller's.
  explicit TerminalWriter(int fd);

  // Bytes beyond kMaxBacklog are dropped: the owner stops reading programs long before.
  void write(std::string_view bytes);
  // Writes what waits, as far as there is room. True when nothing is left.
  bool flush();
  std::size_t backlog() const { return backlog_.size() - done_; }
  // Nobody reads any more (EPIPE, EIO): everything is dropped from now on.
  bool is_broken() const { return broken_; }

 private:
  const int fd_;
  const std::size_t chunk_;
  bool broken_ = false;
  std::string backlog_;
  std::size_t done_ = 0;  // bytes of backlog_ that are written
};

}  // namespace livefix::control
