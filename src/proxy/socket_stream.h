// Streams that are a TCP socket. Closing, resetting and watching are the same whether the bytes
// are encrypted or not.
#pragma once

#include <memory>

#include "base/address.h"
#include "os/fd.h"
#include "proxy/client_census.h"
#include "proxy/stream.h"

namespace livefix::proxy {

class SocketStream : public Stream {
 public:
  explicit SocketStream(os::Fd fd) : fd_(std::move(fd)) {}
  ~SocketStream() override { SocketStream::close(); }

  // Goes when the socket does.
  void keep(std::unique_ptr<ClientCensus::Ticket> ticket) { ticket_ = std::move(ticket); }

  [[nodiscard]] bool attach(os::EventLoop& loop, os::EventSink& sink) final;
  void yield() final;
  // In both, the bytes are those of the socket.
  std::uint64_t acknowledged() const final;
  int connect_error() const final;
  void reset() override;
  void close() override;

 protected:
  int fd() const { return fd_.get(); }
  void shut_down_socket();

 private:
  os::EventLoop* loop_ = nullptr;
  os::EventSink* sink_ = nullptr;
  os::Fd fd_;
  std::unique_ptr<ClientCensus::Ticket> ticket_;  // of a client, where they are counted
};

class TcpStream final : public SocketStream {
 public:
  using SocketStream::SocketStream;

  Received receive(std::span<char> into) override;
  bool is_quiet() override;
  void shut_down_sending() override { shut_down_socket(); }

 private:
  std::size_t write(std::string_view bytes, bool more) override;
};

// Starts to connect; nullptr when that failed at once.
std::unique_ptr<Stream> connect_tcp(const Address& address);

}  // namespace livefix::proxy
