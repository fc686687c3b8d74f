#include "proxy/backend_connection.h"

#include "proxy/exchange.h"
#include "proxy/generation_traffic.h"
#include "proxy/http2_backend.h"
#include "proxy/socket_stream.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {

BackendConnection::BackendConnection(WorkerContext& worker, BackendPort& port, Exchange& exchange,
                                     std::unique_ptr<Stream> stream)
    : worker_(worker), port_(port), exchange_(&exchange), stream_(std::move(stream)) {}

namespace {

std::unique_ptr<Stream> open_http2_stream(WorkerContext& worker, BackendPort& port) {
  Http2Backend* backend = port.http2().front();
  while (backend && !backend->has_room()) backend = port.http2().after(*backend);
  if (!backend) backend = Http2Backend::connect(worker, port);
  return backend ? backend->open_stream() : nullptr;
}

}  // namespace

BackendConnection* BackendConnection::connect(WorkerContext& worker, BackendPort& port,
                                              Exchange& exchange, bool http2) {
  auto stream = http2 ? open_http2_stream(worker, port) : connect_tcp(port.address());
  if (!stream) return nullptr;
  auto* connection = new BackendConnection(worker, port, exchange, std::move(stream));
  if (!connection->stream_->attach(worker.loop, *connection)) {
    connection->close();
    return nullptr;
  }
  port.connections().push_back(*connection);
  worker.connect_deadlines.add(*connection, worker.loop.now() + worker.limits.connect);
  return connection;
}

void BackendConnection::carry(Exchange& exchange) {
  Deadline::unlink();
  exchange_ = &exchange;
  state_ = State::carrying;
  reused_ = true;
  sent_before_ = stream_->sent();
}

void BackendConnection::rest(Milliseconds longest) {
  exchange_ = nullptr;
  state_ = State::pooled;
  worker_.idle_backends.add(*this, worker_.loop.now() + longest);
}

void BackendConnection::close() {
  if (state_ == State::closed) return;
  if (state_ == State::connecting) port_.probing = false;
  state_ = State::closed;
  exchange_ = nullptr;
  Deadline::unlink();
  ListHook<BackendsTag>::unlink();
  stream_->close();
  worker_.graveyard.bury(*this);
}

void BackendConnection::reset() {
  if (state_ == State::closed) return;
  stream_->reset();
  close();
}

void BackendConnection::on_events(std::uint32_t events) noexcept {
  stream_->note(events);
  switch (state_) {
    case State::connecting:
      return settle_connect();
    case State::carrying:
      return exchange_->on_backend_ready();
    case State::pooled:
      // Whatever comes now, nobody asked for it; mostly it is the end.
      if (stream_->readable()) port_.drop(*this);
      return;
    case State::closed:
      return;
  }
}

void BackendConnection::settle_connect() {
  if (stream_->connect_error() != 0) return fail_connect();
  Deadline::unlink();
  state_ = State::carrying;
  port_.probing = false;
  exchange_->on_connected();
}

void BackendConnection::fail_connect() {
  Exchange& exchange = *exchange_;
  close();
  exchange.on_connect_failed();
}

void BackendConnection::on_deadline() noexcept {
  if (state_ == State::connecting) return fail_connect();
  if (state_ == State::pooled) port_.drop(*this);
}

void BackendConnection::yield() {
  stream_->yield();
}

}  // namespace livefix::proxy
