// A request to a program that speaks HTTP/2, and its answer: to the exchange it is a connection
// of HTTP/1.1 that is closed after one answer.
#pragma once

#include <cstddef>

#include "http/http2_head.h"
#include "http/message_reader.h"
#include "proxy/http2_stream.h"

namespace livefix::proxy {

class Http2Backend;

class Http2BackendStream final : public Http2Stream, private http::MessageSink<http::RequestHead> {
 public:
  explicit Http2BackendStream(Http2Backend& backend);

  // The connection is made: requests can be sent.
  void on_session_made();

  int connect_error() const override;
  void shut_down_sending() override {}

  bool on_field(std::string_view name, std::string_view value) override;
  bool on_fields(bool ends) override;
  void on_peer_end() override;

 private:
  std::size_t write(std::string_view bytes, bool more) override;
  void frame(std::string_view payload, std::string& out) override;
  bool input_ended() const override { return answer_ended_; }
  bool is_complete() const override;
  bool needs_nobody() const override { return is_complete(); }

  void on_head(const http::RequestHead& head) override;
  void on_payload(std::string_view bytes) override { output().append(bytes); }
  void on_trailers(const http::FieldList& fields) override;
  void on_end() override { output().end(); }
  void submit();

  http::MessageReader<http::RequestHead> request_;
  Http2Fields fields_;  // of the request, until they are submitted
  http::Method method_ = http::Method::get;
  bool submitted_ = false;

  http::Http2ResponseHead head_;
  http::Http2FieldLines trailers_;
  int interim_answers_ = 0;  // that were handed on
  std::size_t interim_bytes_ = 0;
  bool head_read_ = false;
  bool chunked_ = false;  // and its end is still to be written
  bool answer_ended_ = false;
};

}  // namespace livefix::proxy
