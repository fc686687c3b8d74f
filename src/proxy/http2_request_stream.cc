#include "proxy/http2_request_stream.h"

#include <sys/epoll.h>

#include <algorithm>

#include "http/characters.h"
#include "proxy/http2_client.h"

namespace livefix::proxy {
namespace {

// A server of HTTP/1 wants one (RFC 6455 section 4.1); it proves nothing between the two of us.
constexpr std::string_view kWebSocketKey = "bGl2ZWZpeCBodHRwLzIgYQ==";

// RFC 8441 section 5: a WebSocket begins with 200. A program that knows nothing of it may say 200
// as well, to what it takes for a GET; that must not be taken for the beginning.
int status_for(const http::ResponseHead& head, bool tunnel) {
  if (head.status == 101) return 200;
  return tunnel && head.status < 300 ? 502 : head.status;
}

}  // namespace

Http2RequestStream::Http2RequestStream(Http2Client& client, std::int32_t id)
    : Http2Stream(client, id), client_(client) {}

// --- the request ---------------------------------------------------------------------------------

bool Http2RequestStream::on_field(std::string_view name, std::string_view value) {
  return head_read_ ? trailers_.add(name, value) : head_.add(name, value);
}

bool Http2RequestStream::on_fields(bool ends) {
  if (head_read_) return ends;
  head_read_ = true;
  const auto head = head_.compose(ends, kWebSocketKey);
  if (!head) return false;
  chunked_ = head_.is_chunked();
  tunnel_ = head_.is_tunnel();
  answer_ = http::MessageReader<http::ResponseHead>(head_.method());
  add_input(*head);
  client_.on_request(*this);
  return true;
}

void Http2RequestStream::on_peer_end() {
  request_ended_ = true;
  if (chunked_) {
    std::string end;
    http::append_last_chunk(end, trailers_.take());
    add_input(end);
  }
  if (tunnel_) {
    note(EPOLLIN | EPOLLRDHUP);
    wake(EPOLLIN | EPOLLRDHUP);
  }
}

void Http2RequestStream::frame(std::string_view payload, std::string& out) {
  if (chunked_) return http::append_chunk(out, payload);
  out.append(payload);
}

bool Http2RequestStream::is_complete() const {
  return request_ended_ && submitted_ && answer_.ended() && output().waiting() == 0;
}

// --- the answer ----------------------------------------------------------------------------------

std::size_t Http2RequestStream::write(std::string_view bytes, bool) {
  const std::size_t taken = std::min(bytes.size(), output().room());
  if (taken == 0) return 0;
  if (!answer_.advance(bytes.substr(0, taken), *this)) {
    abort(NGHTTP2_INTERNAL_ERROR);
    return 0;
  }
  submit();
  return taken;
}

void Http2RequestStream::shut_down_sending() {
  if (!is_open() || said_all_) return;
  said_all_ = true;
  if (!answer_.ended() && !answer_.finish(*this)) return abort(NGHTTP2_INTERNAL_ERROR);
  submit();
  readable_ = true;
}

void Http2RequestStream::on_interim(const http::ResponseHead& head) {
  Http2Fields fields;
  fields.add(":status", std::to_string(head.status));
  for (const http::Field& field : head.fields) fields.add(field);
  const auto view = fields.view();
  nghttp2_submit_headers(session()->handle(), NGHTTP2_FLAG_NONE, id(), nullptr, view.data(),
                         view.size(), nullptr);
}

void Http2RequestStream::on_head(const http::ResponseHead& head) {
  fields_.add(":status", std::to_string(status_for(head, tunnel_)));
  for (const http::Field& field : head.fields) {
    if (tunnel_ && http::equals_lowercase(field.name, "sec-websocket-accept")) continue;
    fields_.add(field);
  }
}

void Http2RequestStream::on_payload(std::string_view bytes) {
  output().append(bytes);
}

void Http2RequestStream::on_trailers(const http::FieldList& fields) {
  for (const http::Field& field : fields) output().trailers().add(field);
}

// Once what was written has been read to its end, so that an answer without a body ends with its
// head: to gRPC that makes a difference.
void Http2RequestStream::submit() {
  if (submitted_ || fields_.empty()) return output_grew();
  submitted_ = true;
  const bool ends = output().ended() && output().waiting() == 0 && output().trailers().empty();
  const auto view = fields_.view();
  const auto body = provider();
  nghttp2_submit_response(session()->handle(), id(), view.data(), view.size(),
                          ends ? nullptr : &body);
  fields_.clear();
  output_grew();
}

}  // namespace livefix::proxy
