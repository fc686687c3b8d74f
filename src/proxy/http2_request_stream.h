// A request that came by HTTP/2, and its answer: to the ClientConnection that serves it, it is a
// client of HTTP/1.1 that says "Connection: close".
//
// A WebSocket (RFC 8441) is an upgrade to that connection, and its frames are the tunnel.
#pragma once

#include "http/http2_head.h"
#include "http/message_reader.h"
#include "proxy/http2_stream.h"

namespace livefix::proxy {

class Http2Client;

class Http2RequestStream final : public Http2Stream, private http::MessageSink<http::ResponseHead> {
 public:
  Http2RequestStream(Http2Client& client, std::int32_t id);

  int connect_error() const override { return 0; }
  void shut_down_sending() override;

  bool on_field(std::string_view name, std::string_view value) override;
  bool on_fields(bool ends) override;
  void on_peer_end() override;

 private:
  std::size_t write(std::string_view bytes, bool more) override;
  void frame(std::string_view payload, std::string& out) override;
  bool input_ended() const override { return tunnel_ ? request_ended_ : said_all_; }
  bool is_complete() const override;

  void on_interim(const http::ResponseHead& head) override;
  void on_head(const http::ResponseHead& head) override;
  void on_payload(std::string_view bytes) override;
  void on_trailers(const http::FieldList& fields) override;
  void on_end() override { output().end(); }
  void submit();

  Http2Client& client_;
  http::Http2RequestHead head_;
  http::Http2FieldLines trailers_;
  bool head_read_ = false;
  bool chunked_ = false;
  bool tunnel_ = false;
  bool request_ended_ = false;
  bool said_all_ = false;  // the owner has nothing more to say

  http::MessageReader<http::ResponseHead> answer_;
  Http2Fields fields_;  // of the answer, until they are submitted
  bool submitted_ = false;
};

}  // namespace livefix::proxy
