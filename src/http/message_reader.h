// Takes one HTTP/1 message apart for a peer that speaks in fields and payload, as HTTP/2 does:
// the other half of Http2HeadWriter. Strict as the scanners are.
//
//   head -> [interim heads] -> head -> payload ... -> [trailers] -> end
//     `--101--> tunnel: everything is payload until finish()
#pragma once

#include <string>
#include <string_view>

#include "http/body_framer.h"
#include "http/head.h"

namespace livefix::http {

// Calls come in the order of the message. Views are valid during the call.
template <class Head>
class MessageSink {
 public:
  virtual void on_interim(const Head&) {}  // responses only
  virtual void on_head(const Head& head) = 0;
  virtual void on_payload(std::string_view bytes) = 0;
  virtual void on_trailers(const FieldList& fields) = 0;
  virtual void on_end() = 0;

 protected:
  ~MessageSink() = default;
};

template <class Head>
class MessageReader {
 public:
  // `request` is the method that a response answers; of no account for requests.
  explicit MessageReader(Method request = Method::get) : request_(request) {}

  // False when the bytes are no such message, or more than one: nothing more may be given.
  [[nodiscard]] bool advance(std::string_view bytes, MessageSink<Head>& sink);
  // No bytes follow. False when the message is not whole.
  [[nodiscard]] bool finish(MessageSink<Head>& sink);

  bool ended() const { return state_ == State::ended; }
  // The head has been given, and nothing ends what follows but finish().
  bool is_tunnel() const { return state_ == State::tunnel; }

 private:
  enum class State : std::uint8_t { head, body, tunnel, ended, malformed };

  // How much of `bytes` was taken; sets the state.
  std::size_t take_head(std::string_view bytes, MessageSink<Head>& sink);
  std::size_t take_body(std::string_view bytes, MessageSink<Head>& sink);
  void end(MessageSink<Head>& sink);

  Method request_;
  State state_ = State::head;
  std::string partial_;  // of the head, then of the trailers
  BodyFramer body_;
};

extern template class MessageReader<RequestHead>;
extern template class MessageReader<ResponseHead>;

}  // namespace livefix::http
