// A client's bytes through TLS (OpenSSL). One thread.
//
// Edges are those of the socket: after a read that OpenSSL ends with "want read" nothing is left,
// neither there nor in its own buffers.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "proxy/access_line.h"
#include "proxy/socket_stream.h"
#include "proxy/tls_contexts.h"

namespace livefix::proxy {

class TlsStream final : public SocketStream {
 public:
  TlsStream(os::Fd fd, std::shared_ptr<const TlsContexts> contexts);
  ~TlsStream() override { TlsStream::close(); }

  enum class Handshake : std::uint8_t { done, pending, failed };
  // Goes on with it, as far as bytes have come. After `done`, bytes may be there to be read.
  Handshake shake_hands();
  // What was agreed on.
  bool speaks_http2() const;
  TlsVersion version() const;

  Received receive(std::span<char> into) override;
  bool is_quiet() override;
  void shut_down_sending() override;
  void reset() override;
  void close() override;

 private:
  struct FreeSession {
    void operator()(SSL* session) const { SSL_free(session); }
  };

  std::size_t write(std::string_view bytes, bool more) override;
  void say_goodbye();

  std::shared_ptr<const TlsContexts> contexts_;
  std::unique_ptr<SSL, FreeSession> session_;
  bool established_ = false;
  bool said_goodbye_ = false;
};

}  // namespace livefix::proxy
