#include "http/message_reader.h"

#include "http/field_scanner.h"
#include "http/request_scanner.h"
#include "http/response_scanner.h"

namespace livefix::http {
namespace {

ScanOutcome scan_head(std::string_view bytes, RequestHead& head) {
  return scan_request(bytes, head);
}
ScanOutcome scan_head(std::string_view bytes, ResponseHead& head) {
  return scan_response(bytes, head);
}

Body body_after(const RequestHead& head, Method) {
  return head.body;
}
Body body_after(const ResponseHead& head, Method request) {
  return body_of(head, request);
}

bool is_interim(const RequestHead&) {
  return false;
}
bool is_interim(const ResponseHead& head) {
  return head.is_interim();
}

bool opens_tunnel(const RequestHead&) {
  return false;
}
bool opens_tunnel(const ResponseHead& head) {
  return head.status == 101;
}

}  // namespace

template <class Head>
bool MessageReader<Head>::advance(std::string_view bytes, MessageSink<Head>& sink) {
  while (!bytes.empty()) {
    switch (state_) {
      case State::head:
        bytes.remove_prefix(take_head(bytes, sink));
        break;
      case State::body:
        bytes.remove_prefix(take_body(bytes, sink));
        break;
      case State::tunnel:
        sink.on_payload(bytes);
        return true;
      case State::ended:
        state_ = State::malformed;
        return false;
      case State::malformed:
        return false;
    }
  }
  return state_ != State::malformed;
}

template <class Head>
std::size_t MessageReader<Head>::take_head(std::string_view bytes, MessageSink<Head>& sink) {
  // Mostly the head comes whole and need not be copied.
  const std::size_t before = partial_.size();
  if (before > 0) partial_.append(bytes);
  const std::string_view input = before > 0 ? std::string_view(partial_) : bytes;
  Head head;
  const auto outcome = scan_head(input, head);
  if (std::holds_alternative<NeedsMore>(outcome)) {
    if (before == 0) partial_.assign(bytes);
    return bytes.size();
  }
  if (std::holds_alternative<Refusal>(outcome)) {
    state_ = State::malformed;
    return bytes.size();
  }
  const std::size_t taken = std::get<Complete>(outcome).size - before;
  if (is_interim(head)) {
    sink.on_interim(head);
  } else {
    sink.on_head(head);
    body_ = BodyFramer(body_after(head, request_));
    state_ = opens_tunnel(head) ? State::tunnel : State::body;
  }
  partial_.clear();  // trailers may follow
  if (state_ == State::body && body_.done()) end(sink);
  return taken;
}

template <class Head>
std::size_t MessageReader<Head>::take_body(std::string_view bytes, MessageSink<Head>& sink) {
  const auto progress = body_.advance(
      bytes, [&](std::string_view run) { sink.on_payload(run); },
      [this](char c) { partial_.push_back(c); });
  if (progress.state == BodyState::malformed) state_ = State::malformed;
  if (progress.state == BodyState::done) end(sink);
  return progress.bytes;
}

template <class Head>
void MessageReader<Head>::end(MessageSink<Head>& sink) {
  state_ = State::ended;
  constexpr std::size_t kOnlyTheEmptyLine = 2;
  if (partial_.size() > kOnlyTheEmptyLine) {
    FieldList fields;
    if (!std::holds_alternative<Complete>(scan_fields(partial_, 0, fields))) {
      state_ = State::malformed;
      return;
    }
    sink.on_trailers(fields);
  }
  sink.on_end();
}

template <class Head>
bool MessageReader<Head>::finish(MessageSink<Head>& sink) {
  if (state_ == State::tunnel || (state_ == State::body && body_.ends_with_connection())) {
    state_ = State::ended;
    sink.on_end();
  }
  return state_ == State::ended;
}

template class MessageReader<RequestHead>;
template class MessageReader<ResponseHead>;

}  // namespace livefix::http
