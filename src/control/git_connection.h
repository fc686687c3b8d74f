// One connection of a Git client: requests one after the other, each answered by a CGI program of
// its own, whose input and output pass through without being kept. Owned by GitHttp, on control's
// thread. Its handlers keep it in memory until they have been called, and do nothing once it is
// closed: Beast's reads and writes refer to what it holds.
//
//            .-------------------- answered, body read ---------------------.
//            v                                                              |
//   waits for a head --> is refused: the sentence, the rest of the body is dropped
//            |                                                              |
//            |-------> Git works: body to it, its output to the client -----|
//            |-------> an artifact comes: body to the disk -----------------|
//            '-------> the page asks: an answer, or a stream of lines ------|
//                                                                           '--> lingers --> closed
//   At any time: the client leaves, or is too slow: closed, and Git is ended with its hooks.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "control/background.h"
#include "control/cgi_process.h"
#include "control/dashboard.h"
#include "control/failed_attempts.h"
#include "control/git_http_settings.h"
#include "control/git_request.h"
#include "control/session_ender.h"
#include "releases/artifact_store.h"

namespace livefix::control {

// What the connections of one GitHttp share; outlives all that are not closed.
struct GitHttpParts {
  boost::asio::io_context& context;
  const GitHttpSettings settings;
  const GitAuthorize authorize;
  FailedAttempts failed{settings.limits.failed_attempts};
  SessionEnder ender{context, settings.limits.grace};
  const releases::ArtifactStore artifacts{settings.artifacts};
  Background disk{context};  // for what is written of those
  std::size_t running = 0;   // requests that Git works on, or that bring one
  std::size_t streams = 0;   // of the page

  void complain(std::string sentence) const {
    if (settings.complain) settings.complain(std::move(sentence));
  }
};

class GitConnection {
 public:
  using Error = boost::system::error_code;
  using Socket = boost::asio::ip::tcp::socket;

  // `closed` is called once, when it closes by itself; it may drop this.
  static std::shared_ptr<GitConnection> open(GitHttpParts& parts, Socket socket,
                                             const Address& client, std::function<void()> closed);

  // It has no request under way: closing it costs nobody anything.
  bool waits() const { return waits_; }
  // Ends it, and what Git does for it. `closed` is not called.
  void drop();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

  GitConnection(GitHttpParts& parts, Socket socket, const Address& client,
                std::function<void()> closed);
  template <class Function>
  auto held(Function function) {
    return [self = self_.lock(), function = std::move(function)](auto&&... arguments) mutable {
      if (!self->is_closed_) function(std::forward<decltype(arguments)>(arguments)...);
    };
  }
  void close();

  void await_request();
  void read_head();
  void on_head(const Error& error);
  void handle();
  void start_git(const GitRequest& request, const Token& token);
  // Says "100 Continue" where the client waits for it.
  void begin_when_asked(std::function<void()> begin);

  void answer_metrics();

  void handle_page();
  void keep_page_body(std::size_t size);
  void ask_page();
  void answer_page(const DoorAnswer& what);
  void add_line(const std::string& json, std::uint64_t id);
  void add_to_stream(std::string_view text);
  void end_stream();
  void flush_stream();
  void beat();

  void handle_artifact(const ArtifactRequest& request);
  void receive_artifact(const std::string& sha256, std::uint64_t size);
  void store_part(std::size_t size);
  void on_whole_artifact();
  void end_artifact(const GitRefusal& answer);

  void read_body();
  void on_body(const Error& error, std::size_t size);
  void on_whole_body();
  void watch_for_leave();

  void read_answer();
  void on_answer(const Error& error, std::size_t size);
  void begin_answer();
  void send_part(std::size_t size);
  void end_answer();
  void finish();

  // Also with what is no refusal, but as short.
  void refuse(const GitRefusal& refusal);
  struct ShortAnswer {
    unsigned status = 200;
    std::string_view type = "text/plain; charset=utf-8";
    std::string body;
    std::string_view field{};  // one more line of the head, or several, or empty
    std::string_view cache = "no-store";
    bool is_last = false;
  };
  void answer(const ShortAnswer& what);
  void after_refusal(bool is_last);
  void linger();
  void discard();

  // Of the client's turn, and of its reading an answer. Each replaces the one before.
  void expect_input(Milliseconds patience);
  void expect_input_at_any_time();
  void send(std::string text, std::function<void()> then);
  void arm(boost::asio::steady_timer& timer, Milliseconds patience);
  static void disarm(boost::asio::steady_timer& timer);

  std::weak_ptr<GitConnection> self_;  // for handlers
  GitHttpParts& parts_;
  const Address client_;
  const std::function<void()> closed_by_itself_;

  Socket socket_;
  boost::asio::steady_timer input_patience_;
  boost::asio::steady_timer output_patience_;
  boost::beast::flat_buffer buffer_;
  bool is_closed_ = false;
  bool waits_ = false;       // for a head
  bool is_reading_ = false;  // the socket
  bool lingers_ = false;
  std::size_t discarded_ = 0;

  // What the page asks, and how far its answer is.
  struct Visit;
  class PageClient;
  std::shared_ptr<Visit> visit_;
  boost::asio::steady_timer beat_;

  // Of the request under way.
  std::optional<Parser> parser_;
  std::shared_ptr<CgiProcess> git_;
  std::shared_ptr<releases::IncomingArtifact> artifact_;
  bool is_whole_ = false;    // its body was read
  bool is_chunked_ = false;  // the answer: for HTTP/1.1
  std::string answer_head_;  // as far as Git has written it
  bool has_begun_ = false;   // the answer
  std::string sending_;
  std::array<char, 32 << 10> input_{};
  std::array<char, 32 << 10> output_{};
};

}  // namespace livefix::control
