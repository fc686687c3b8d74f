// A connection to a server, plain or with TLS. Blocks, for as long as its patience is. Belongs to
// one thread; SIGPIPE has to be ignored or blocked by it.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "cli/push_target.h"
#include "os/fd.h"

namespace livefix::cli {

class ClientConnection {
 public:
  // Tries each address of the host. With TLS the certificate has to be of the host and of an
  // authority that the system trusts, or one of the file GIT_SSL_CAINFO, as for Git.
  static Result<ClientConnection> open(const PushTarget& target, Milliseconds patience);
  ClientConnection(ClientConnection&&) noexcept;
  ~ClientConnection();

  Status write(std::span<const char> bytes);
  // 0: the other side has ended it.
  Result<std::size_t> read(std::span<char> into);

 private:
  struct Tls;
  ClientConnection(os::Fd socket, std::unique_ptr<Tls> tls);

  os::Fd socket_;
  std::unique_ptr<Tls> tls_;  // nullptr: plain
};

}  // namespace livefix::cli
