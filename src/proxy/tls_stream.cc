#include "proxy/tls_stream.h"

#include <openssl/err.h>

#include <cerrno>
#include <utility>

namespace livefix::proxy {

TlsStream::TlsStream(os::Fd fd, std::shared_ptr<const TlsContexts> contexts)
    : SocketStream(std::move(fd)),
      contexts_(std::move(contexts)),
      session_(contexts_->new_session()) {
  if (!session_ || SSL_set_fd(session_.get(), SocketStream::fd()) != 1) {
    broken_ = true;
    return;
  }
  SSL_set_accept_state(session_.get());
}

TlsStream::Handshake TlsStream::shake_hands() {
  if (broken_) return Handshake::failed;
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) {
    established_ = readable_ = true;
    return Handshake::done;
  }
  const int error = SSL_get_error(session_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return Handshake::pending;
  broken_ = true;
  return Handshake::failed;
}

bool TlsStream::speaks_http2() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(session_.get(), &name, &size);
  return size == 2 && name[0] == 'h' && name[1] == '2';
}

TlsVersion TlsStream::version() const {
  return SSL_version(session_.get()) >= TLS1_3_VERSION ? TlsVersion::tls13 : TlsVersion::tls12;
}

// A record at a time, until there is no more or no more room.
Stream::Received TlsStream::receive(std::span<char> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(session_.get(), into.data() + done, into.size() - done, &count);
    if (result == 1) {
      done += count;
      continue;
    }
    const int error = SSL_get_error(session_.get(), result);
    if (error == SSL_ERROR_WANT_READ) readable_ = false;
    // What ended it will be found again by the next read.
    if (done > 0) break;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return {};
    readable_ = false;
    peer_leaving_ = true;
    if (error == SSL_ERROR_ZERO_RETURN) {
      end_seen_ = true;
      return {Read::end, 0};
    }
    reset_seen_ = broken_ = true;
    return {Read::failure, 0};
  }
  return {Read::data, done};
}

std::size_t TlsStream::write(std::string_view bytes, bool) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result =
        SSL_write_ex(session_.get(), bytes.data() + done, bytes.size() - done, &count);
    if (result == 1) {
      done += count;
      continue;
    }
    const int error = SSL_get_error(session_.get(), result);
    if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) {
      reset_seen_ = broken_ = true;
      readable_ = true;
    }
    break;
  }
  return done;
}

bool TlsStream::is_quiet() {
  char byte = 0;
  ERR_clear_error();
  const int result = SSL_peek(session_.get(), &byte, 1);
  return result <= 0 && SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ;
}

// So that the client can tell the end from a cut (RFC 8446 section 6.1).
void TlsStream::say_goodbye() {
  if (!established_ || broken_ || std::exchange(said_goodbye_, true)) return;
  ERR_clear_error();
  SSL_shutdown(session_.get());
}

void TlsStream::shut_down_sending() {
  say_goodbye();
  shut_down_socket();
}

void TlsStream::reset() {
  session_.reset();
  SocketStream::reset();
}

void TlsStream::close() {
  if (session_) say_goodbye();
  session_.reset();
  SocketStream::close();
}

}  // namespace livefix::proxy
