#include "proxy/http2_backend_stream.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

#include "proxy/http2_backend.h"
#include "proxy/limits.h"

namespace livefix::proxy {
namespace {

constexpr std::int32_t kNotYet = -1;

}  // namespace

Http2BackendStream::Http2BackendStream(Http2Backend& backend) : Http2Stream(backend, kNotYet) {}

void Http2BackendStream::on_session_made() {
  wake(EPOLLOUT);
}

int Http2BackendStream::connect_error() const {
  return is_open() ? 0 : ECONNREFUSED;
}

// --- the request ---------------------------------------------------------------------------------

std::size_t Http2BackendStream::write(std::string_view bytes, bool) {
  const std::size_t taken = std::min(bytes.size(), output().room());
  if (taken == 0) return 0;
  if (!is_open() || !request_.advance(bytes.substr(0, taken), *this)) {
    abort(NGHTTP2_INTERNAL_ERROR);
    broken_ = readable_ = true;
    return 0;
  }
  submit();
  return taken;
}

void Http2BackendStream::on_head(const http::RequestHead& head) {
  method_ = head.method;
  fields_.add(":method", head.method_name);
  fields_.add(":scheme", "http");
  fields_.add(":authority", head.host);
  fields_.add(":path", head.target);
  for (const http::Field& field : head.fields) {
    if (field.id != http::FieldId::host) fields_.add(field);
  }
}

void Http2BackendStream::on_trailers(const http::FieldList& fields) {
  for (const http::Field& field : fields) output().trailers().add(field);
}

// Once what was written has been read to its end, so that a request without a body ends with its
// head.
void Http2BackendStream::submit() {
  if (submitted_ || fields_.empty()) return output_grew();
  submitted_ = true;
  const bool ends = output().ended() && output().waiting() == 0 && output().trailers().empty();
  const auto view = fields_.view();
  const auto body = provider();
  const auto id = nghttp2_submit_request(session()->handle(), nullptr, view.data(), view.size(),
                                         ends ? nullptr : &body, static_cast<Http2Stream*>(this));
  fields_.clear();
  if (id < 0) return abort(NGHTTP2_INTERNAL_ERROR);
  set_id(id);
  output_grew();
}

// --- the answer ----------------------------------------------------------------------------------

bool Http2BackendStream::on_field(std::string_view name, std::string_view value) {
  return head_read_ ? trailers_.add(name, value) : head_.add(name, value);
}

bool Http2BackendStream::on_fields(bool ends) {
  if (head_read_) return ends;
  const auto head = head_.compose(ends, method_);
  if (!head) return false;
  if (head_.is_interim()) {
    // No window holds them back while the client is slow. The exchange, which refuses too many,
    // sees one more than it bears.
    if (interim_answers_ <= kMaxInterimAnswers && interim_bytes_ <= kMaxInterimBytes) {
      ++interim_answers_;
      interim_bytes_ += head->size();
      add_input(*head);
    }
    head_ = {};
    return !ends;
  }
  add_input(*head);
  head_read_ = true;
  chunked_ = head_.is_chunked() && !ends;
  return true;
}

void Http2BackendStream::on_peer_end() {
  answer_ended_ = true;
  std::string end;
  if (std::exchange(chunked_, false)) http::append_last_chunk(end, trailers_.take());
  add_input(end);
}

void Http2BackendStream::frame(std::string_view payload, std::string& out) {
  if (chunked_) return http::append_chunk(out, payload);
  out.append(payload);
}

bool Http2BackendStream::is_complete() const {
  return answer_ended_ && submitted_ && output().ended() && output().waiting() == 0;
}

}  // namespace livefix::proxy
