#include "proxy/client_connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cstring>

#include "http/request_scanner.h"
#include "proxy/counters.h"
#include "proxy/http2_client.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {
namespace {

// RFC 9113 section 3.4; nghttp2 looks at the rest of it.
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0";

}  // namespace

ClientConnection::ClientConnection(WorkerContext& worker, std::unique_ptr<Stream> stream,
                                   const ClientOrigin& origin)
    : worker_(worker), stream_(std::move(stream)), origin_(origin) {}

void ClientConnection::accept(WorkerContext& worker, std::unique_ptr<Stream> stream,
                              const ClientOrigin& origin) {
  auto* client = new ClientConnection(worker, std::move(stream), origin);
  if (!client->attach()) return;
  auto* bytes = origin.multiplexed ? nullptr : worker.router.route_tcp(origin.public_port);
  if (bytes) return client->pass_bytes(*bytes);
  // What has been read already, no edge will tell.
  if (client->stream_->readable()) return client->proceed();
  client->wait_for_head();
}

void ClientConnection::turn_away(WorkerContext& worker, std::unique_ptr<Stream> stream,
                                 const ClientOrigin& origin, const Answer& answer) {
  auto* client = new ClientConnection(worker, std::move(stream), origin);
  if (client->attach()) client->answer(answer);
}

bool ClientConnection::attach() {
  worker_.clients.push_back(*this);
  if (!origin_.multiplexed) raise(worker_.counters.connections);
  if (stream_->attach(worker_.loop, *this)) return true;
  close();
  return false;
}

void ClientConnection::pass_bytes(ServiceTraffic& service) {
  state_ = State::exchanging;
  exchange_ = worker_.exchanges.take();
  exchange_->begin_bytes(*this, service);
}

// --- events --------------------------------------------------------------------------------------

void ClientConnection::on_events(std::uint32_t events) noexcept {
  stream_->note(events);
  const std::uint64_t sent_before = stream_->sent();
  if (!stream_->flush() && state_ != State::lingering) return close();
  switch (state_) {
    case State::reading:
      return proceed();
    case State::exchanging:
      if (stream_->peer_is_leaving() && !exchange_->bears_half_close()) return close();
      return on_exchange_ready(sent_before);
    case State::closing:
      if (!stream_->blocked()) return linger();
      // Slow is not gone; of many answers on one connection each gets its turn only now and then.
      if (stream_->sent() != sent_before) wait_for_room();
      return;
    case State::lingering:
      return discard_input();
    case State::closed:
      return;
  }
}

void ClientConnection::on_exchange_ready(std::uint64_t sent_before) {
  const std::uint64_t seen_before = exchange_->request_seen();
  exchange_->on_client_ready();
  if (state_ != State::exchanging) return;
  if (stream_->sent() != sent_before || exchange_->request_seen() != seen_before) {
    Deadline::unlink();
  }
  watch_progress();
}

void ClientConnection::watch_progress() {
  const bool waits =
      exchange_->waits_for_client() || (stream_->blocked() && !exchange_->is_tunnel());
  if (!waits) return Deadline::unlink();
  if (Deadline::linked()) return;
  worker_.slow_clients.add(*this, worker_.loop.now() + worker_.settings.limits.body_time);
}

void ClientConnection::on_deadline() noexcept {
  if (state_ == State::exchanging) {
    exchange_->on_client_slow();
    return;
  }
  if (state_ == State::reading && head_timer_ && !input_.empty()) {
    return refuse({408, "the request took too long to arrive"}, input_.view());
  }
  close();
}

void ClientConnection::wait_for_head() {
  const bool begun = !input_.empty() || !served_;
  if (begun && head_timer_ && Deadline::linked()) return;  // each byte does not give more time
  head_timer_ = begun;
  if (begun) {
    worker_.head_deadlines.add(*this, worker_.loop.now() + worker_.settings.limits.head_time);
  } else {
    worker_.idle_clients.add(*this, worker_.loop.now() + worker_.settings.limits.idle);
  }
}

// --- requests ------------------------------------------------------------------------------------

// Exchanges can be over before they return here: the loop goes on then, not a nested call.
void ClientConnection::proceed() {
  if (proceeding_) return;
  proceeding_ = true;
  while (state_ == State::reading && !stream_->blocked() && read_head()) {
  }
  proceeding_ = false;
  if (state_ != State::reading) return;
  if (input_.empty()) {
    if (worker_.draining) return close();
  }
  wait_for_head();
}

// False when there is nothing to be done before the next event.
bool ClientConnection::read_head() {
  if (!input_.empty() && !head_incomplete_) {
    return take_head(input_.data(), input_.size(), false);
  }
  if (!stream_->readable()) return false;
  char* const input = worker_.scratch.input();
  const std::size_t before = input_.view().size();
  std::ranges::copy(input_.view(), input);
  const auto received = stream_->receive({input + before, kReadSize});
  if (received.kind == Stream::Read::nothing) return false;
  if (received.kind != Stream::Read::data) {
    close();
    return false;
  }
  // A head is complete only with the end of a line: scanning one that trickles in costs its
  // length once a line, not once a byte.
  const std::size_t size = before + received.bytes;
  if (head_incomplete_ && size < http::kMaxHeadBytes &&
      !std::memchr(input + before, '\n', received.bytes)) {
    input_.append({input + before, received.bytes});
    return true;
  }
  return take_head(input, size, true);
}

bool ClientConnection::take_head(char* bytes, std::size_t size, bool in_scratch) {
  http::RequestHead& head = worker_.request_head;
  const auto outcome = http::scan_request({bytes, size}, head);
  head_incomplete_ = std::holds_alternative<http::NeedsMore>(outcome);
  const auto& limits = worker_.settings.limits;
  if (head_incomplete_) {
    if (size >= limits.head) {
      refuse({431, "the request head is too large"}, {bytes, size});
      return false;
    }
    if (in_scratch) input_.assign({bytes, size});
    return true;
  }
  if (const auto* refusal = std::get_if<http::Refusal>(&outcome)) {
    const std::string_view input(bytes, size);
    if (!served_ && input.starts_with(kHttp2Preface)) {
      Http2Client::accept(worker_, std::move(stream_), origin_, input);
      close();
      return false;
    }
    if (!served_ && kHttp2Preface.starts_with(input)) {  // what HTTP/1 refuses may come in pieces
      head_incomplete_ = true;
      if (in_scratch) input_.assign(input);
      return true;
    }
    refuse(*refusal, input);
    return false;
  }
  if (head.method == http::Method::connect) {
    refuse({501, "CONNECT is not served here"}, {}, &head);
    return false;
  }
  const std::size_t head_size = std::get<http::Complete>(outcome).size;
  if (head_size > limits.head || head.fields.size() > limits.fields) {
    refuse({431, head_size > limits.head ? "the request head is too large"
                                         : "there are too many fields"},
           {}, &head);
    return false;
  }
  Deadline::unlink();
  head_timer_ = false;
  served_ = true;
  state_ = State::exchanging;
  exchange_ = worker_.exchanges.take();
  const std::size_t taken =
      head_size + exchange_->begin(*this, head, bytes + head_size, size - head_size, in_scratch);
  // A refused body has been answered already, and what was left went with the connection.
  if (state_ != State::exchanging && state_ != State::reading) return false;
  if (in_scratch) {
    input_.assign({bytes + taken, size - taken});
  } else {
    input_.drop_front(taken);
  }
  if (state_ != State::exchanging) return true;
  if (stream_->peer_is_leaving()) {
    close();
    return false;
  }
  exchange_->pump_request();
  if (state_ == State::exchanging) watch_progress();
  return true;
}

Stream::Received ClientConnection::more_input(std::size_t max, char*& bytes) {
  if (!input_.empty()) {
    bytes = input_.data();
    return {Stream::Read::data, std::min(input_.size(), max)};
  }
  if (!stream_->readable()) return {};
  bytes = worker_.scratch.input();
  return stream_->receive({bytes, std::min(max, kReadSize)});
}

void ClientConnection::use_input(const char* bytes, std::size_t size, std::size_t taken) {
  if (!input_.empty()) {
    input_.drop_front(taken);
  } else if (taken < size) {
    input_.assign({bytes + taken, size - taken});
  }
}

std::string ClientConnection::take_input() {
  std::string rest(input_.view());
  input_.clear();
  return rest;
}

// --- ends ----------------------------------------------------------------------------------------

void ClientConnection::refuse(const http::Refusal& refusal, std::string_view input,
                              const http::RequestHead* head) {
  raise(worker_.counters.refused);
  std::size_t body = 0;
  const bool sent = send_answer({.status = refusal.status, .sentence = refusal.reason}, body);
  if (worker_.log) {
    worker_.log->write_refused({head, input}, origin_, worker_.settings, worker_.loop.now(),
                               {.status = refusal.status, .complete = sent}, body);
  }
  if (!sent) return close();
  on_exchange_over(false);
}

void ClientConnection::answer(const Answer& answer) {
  std::size_t body = 0;
  const bool sent = send_answer(answer, body);
  if (exchange_) exchange_->log_answer(answer.status, body, sent);
  if (!sent) return close();
  on_exchange_over(!answer.close);
}

bool ClientConnection::send_answer(const Answer& answer, std::size_t& body_size) {
  const std::string text = compose_answer(answer);
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  body_size = text.size() - text.find(kHeadEnd) - kHeadEnd.size();
  return stream_->send(text);
}

void ClientConnection::on_exchange_over(bool stays) {
  if (state_ == State::closed) return;
  release_exchange();
  if (!stays || (worker_.draining && input_.empty())) return start_closing();
  state_ = State::reading;
  head_incomplete_ = false;
  proceed();
}

void ClientConnection::start_closing() {
  state_ = State::closing;
  input_.clear();
  if (!stream_->blocked()) return linger();
  wait_for_room();
}

void ClientConnection::wait_for_room() {
  worker_.slow_clients.add(*this, worker_.loop.now() + worker_.settings.limits.body_time);
}

void ClientConnection::linger() {
  state_ = State::lingering;
  stream_->shut_down_sending();
  worker_.lingering.push_back(*this);
  worker_.lingering_clients.add(*this, worker_.loop.now() + worker_.limits.linger);
  discard_input();
}

void ClientConnection::discard_input() {
  for (int reads = 0; stream_->readable(); ++reads) {
    if (reads == kReadsInARow) return yield();
    const auto received = stream_->receive({worker_.scratch.input(), kReadSize});
    if (received.kind == Stream::Read::end || received.kind == Stream::Read::failure) {
      return close();
    }
  }
}

void ClientConnection::abort() {
  if (state_ == State::closed) return;
  stream_->reset();
  close();
}

void ClientConnection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  if (exchange_) exchange_->abandon();
  release_exchange();
  Deadline::unlink();
  ListHook<ClientsTag>::unlink();
  if (stream_) stream_->close();
  if (!origin_.multiplexed) lower(worker_.counters.connections);
  worker_.graveyard.bury(*this);
}

void ClientConnection::drain() {
  if (state_ != State::reading || !input_.empty()) return;
  // Its next request may have arrived already, and the edge not yet been told.
  stream_->note(EPOLLIN);
  proceed();
}

void ClientConnection::yield() {
  stream_->yield();
}

void ClientConnection::release_exchange() {
  if (exchange_) worker_.exchanges.put(std::move(exchange_));
}

}  // namespace livefix::proxy
