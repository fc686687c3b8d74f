#include "proxy/arrival.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "http/proxy_header.h"
#include "proxy/answers.h"
#include "proxy/counters.h"
#include "proxy/http2_client.h"
#include "proxy/request_identity.h"
#include "proxy/tls_stream.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {
namespace {

using Standing = ClientCensus::Standing;

// Peers in `trusted` bring the clients of others.
Standing standing_of(WorkerContext& worker, ClientCensus::Ticket* ticket, const Address& client) {
  if (!ticket || is_trusted(worker.settings, client)) return Standing::welcome;
  const Standing standing = ticket->claim(client);
  if (standing != Standing::welcome) raise(worker.counters.refused);
  return standing;
}

void welcome(WorkerContext& worker, std::unique_ptr<Stream> stream, const ClientOrigin& origin,
             Standing standing) {
  if (standing == Standing::welcome) {
    return ClientConnection::accept(worker, std::move(stream), origin);
  }
  ClientConnection::turn_away(worker, std::move(stream), origin,
                              {.status = 429,
                               .sentence = "there are too many connections from your address",
                               .retry_after = true});
}

}  // namespace

Arrival::Arrival(WorkerContext& worker, os::Fd fd, std::unique_ptr<ClientCensus::Ticket> ticket,
                 const ClientOrigin& origin, const Door& door)
    : worker_(worker),
      fd_(fd.get()),
      door_(door),
      origin_(origin),
      state_(door.proxy_protocol ? State::proxy_header : State::handshake),
      ticket_(ticket.get()) {
  if (door.tls) {
    auto stream = std::make_unique<TlsStream>(std::move(fd), worker.tls);
    tls_ = stream.get();
    stream_ = std::move(stream);
  } else {
    stream_ = std::make_unique<TcpStream>(std::move(fd));
  }
  stream_->keep(std::move(ticket));
}

Arrival::~Arrival() = default;

void Arrival::begin(WorkerContext& worker, os::Fd fd, std::unique_ptr<ClientCensus::Ticket> ticket,
                    const ClientOrigin& origin, const Door& door) {
  if (!door.proxy_protocol) {
    const Standing standing = standing_of(worker, ticket.get(), origin.peer);
    if (standing == Standing::far_too_many) return;
    if (!door.tls) {
      auto stream = std::make_unique<TcpStream>(std::move(fd));
      stream->keep(std::move(ticket));
      return welcome(worker, std::move(stream), origin, standing);
    }
    if (standing != Standing::welcome) return;  // a handshake is what costs
  }
  const auto& trusted = worker.settings.trusted;
  if (door.proxy_protocol && !trusted.empty() && !is_trusted(worker.settings, origin.peer)) {
    raise(worker.counters.refused);
    return;
  }
  if (door.tls && !worker.tls) return;  // without a certificate there is nothing to be said
  auto* arrival = new Arrival(worker, std::move(fd), std::move(ticket), origin, door);
  worker.arrivals.push_back(*arrival);
  raise(worker.counters.connections);
  worker.head_deadlines.add(*arrival, worker.loop.now() + worker.settings.limits.head_time);
  if (!arrival->stream_->attach(worker.loop, *arrival)) arrival->close();
}

void Arrival::on_events(std::uint32_t events) noexcept {
  if (state_ == State::over) return;
  stream_->note(events);
  if (stream_->hung_up()) return close();
  proceed();
}

void Arrival::proceed() {
  if (state_ == State::proxy_header && !read_proxy_header()) return;
  if (tls_ && !shake_hands()) return;
  hand_over();
}

// Looked at before it is taken, so that not one byte of what follows is: that is for OpenSSL.
bool Arrival::read_proxy_header() {
  std::array<char, http::kMaxProxyHeaderBytes> bytes;
  const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  http::ProxyHeader header;
  const auto outcome =
      count > 0 ? http::scan_proxy_header({bytes.data(), static_cast<std::size_t>(count)}, header)
                : http::Refusal{};
  if (std::holds_alternative<http::NeedsMore>(outcome)) {
    if (stream_->peer_is_leaving()) close();
    return false;
  }
  const auto* complete = std::get_if<http::Complete>(&outcome);
  if (!complete || ::recv(fd_, bytes.data(), complete->size, MSG_DONTWAIT) !=
                       static_cast<ssize_t>(complete->size)) {
    raise(worker_.counters.refused);
    close();
    return false;
  }
  if (header.endpoints) {
    origin_.peer = header.endpoints->source;
    if (standing_of(worker_, ticket_, origin_.peer) != Standing::welcome) {
      close();
      return false;
    }
  }
  state_ = State::handshake;
  return true;
}

bool Arrival::shake_hands() {
  switch (tls_->shake_hands()) {
    case TlsStream::Handshake::done:
      return true;
    case TlsStream::Handshake::pending:
      if (stream_->peer_is_leaving()) close();
      return false;
    case TlsStream::Handshake::failed:
      raise(worker_.counters.refused);
      close();
      return false;
  }
  return false;
}

void Arrival::hand_over() {
  const bool http2 = tls_ && tls_->speaks_http2() && !worker_.router.route_tcp(origin_.public_port);
  origin_.secure = tls_ != nullptr;
  if (tls_) origin_.tls = tls_->version();
  stream_->note(EPOLLIN);  // bytes may have come with the handshake or the header
  bury();
  if (http2) {
    Http2Client::accept(worker_, std::move(stream_), origin_, {});
  } else {
    ClientConnection::accept(worker_, std::move(stream_), origin_);
  }
}

void Arrival::close() {
  if (state_ == State::over) return;
  stream_->close();
  bury();
}

void Arrival::bury() {
  state_ = State::over;
  Deadline::unlink();
  ListHook<ArrivalsTag>::unlink();
  lower(worker_.counters.connections);
  worker_.graveyard.bury(*this);
}

}  // namespace livefix::proxy
