#include "control/git_connection.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <cstdlib>
#include <utility>

#include "control/cgi_head.h"
#include "control/git_backend.h"
#include "control/metrics.h"
#include "control/page_visit.h"
#include "control/phrases.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

constexpr std::size_t kMaxHead = 16 << 10;
constexpr std::size_t kMaxBuffer = 64 << 10;
constexpr std::size_t kMaxDiscarded = 1 << 20;  // of a body that nobody wants
constexpr std::size_t kPeek = 512;
constexpr unsigned kHttp11 = 11;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

std::string first_line(unsigned status) {
  const auto reason = beast_http::obsolete_reason(beast_http::int_to_status(status));
  return fmt::format("HTTP/1.1 {} {}\r\n", status, view(reason));
}

// The first line of what a program complained about.
std::string first_complaint(const CgiProcess& git) {
  const auto text = git.complaint();
  return valid_utf8(text.substr(0, text.find('\n')));
}

std::string search_path() {
  const char* path = std::getenv("PATH");
  return path ? path : "/usr/local/bin:/usr/bin:/bin";
}

}  // namespace

// --- its life ------------------------------------------------------------------------------------

std::shared_ptr<GitConnection> GitConnection::open(GitHttpParts& parts, Socket socket,
                                                   const Address& client,
                                                   std::function<void()> closed) {
  std::shared_ptr<GitConnection> connection(
      new GitConnection(parts, std::move(socket), client, std::move(closed)));
  connection->self_ = connection;
  connection->await_request();
  return connection;
}

GitConnection::GitConnection(GitHttpParts& parts, Socket socket, const Address& client,
                             std::function<void()> closed)
    : parts_(parts),
      client_(client),
      closed_by_itself_(std::move(closed)),
      socket_(std::move(socket)),
      input_patience_(parts.context),
      output_patience_(parts.context),
      buffer_(kMaxBuffer),
      beat_(parts.context) {}

void GitConnection::drop() {
  if (std::exchange(is_closed_, true)) return;
  Error ignored;
  socket_.close(ignored);
  input_patience_.cancel();
  output_patience_.cancel();
  beat_.cancel();
  if (visit_ && visit_->streams) --parts_.streams;
  if (git_ || artifact_) --parts_.running;
  artifact_.reset();
  if (!git_) return;
  if (auto process = git_->abandon()) parts_.ender.end(std::move(*process));
}

void GitConnection::close() {
  if (is_closed_) return;
  const auto gone = visit_ ? std::exchange(visit_->gone, {}) : nullptr;
  drop();
  closed_by_itself_();
  if (gone) gone();
}

void GitConnection::arm(asio::steady_timer& timer, Milliseconds patience) {
  timer.expires_after(patience);
  timer.async_wait(held([this, &timer](const Error& stopped) {
    // One that was armed anew after it had fired has a later end.
    if (!stopped && timer.expiry() <= Clock::now()) close();
  }));
}

void GitConnection::disarm(asio::steady_timer& timer) {
  timer.expires_at(TimePoint::max());
}

void GitConnection::expect_input(Milliseconds patience) {
  arm(input_patience_, patience);
}

void GitConnection::expect_input_at_any_time() {
  disarm(input_patience_);
}

void GitConnection::send(std::string text, std::function<void()> then) {
  sending_ = std::move(text);
  arm(output_patience_, parts_.settings.limits.answer);
  asio::async_write(socket_, asio::buffer(sending_),
                    held([this, then = std::move(then)](const Error& error, std::size_t) mutable {
                      disarm(output_patience_);
                      if (error) return close();
                      then();
                    }));
}

// --- the request ---------------------------------------------------------------------------------

void GitConnection::await_request() {
  parser_.emplace();
  parser_->header_limit(kMaxHead);
  parser_->body_limit(boost::none);  // receive.maxInputSize is Git's
  is_whole_ = has_begun_ = false;
  answer_head_.clear();
  discarded_ = 0;
  waits_ = true;
  expect_input(parts_.settings.limits.head);
  Error ignored;
  if (!is_reading_) return read_head();
  socket_.cancel(ignored);  // the read that watches for its leave, which goes on with the head
}

void GitConnection::read_head() {
  is_reading_ = true;
  beast_http::async_read_header(socket_, buffer_, *parser_,
                                held([this](const Error& error, std::size_t) {
                                  is_reading_ = false;
                                  on_head(error);
                                }));
}

void GitConnection::on_head(const Error& error) {
  waits_ = false;
  if (error == beast_http::error::header_limit || error == beast_http::error::buffer_overflow) {
    return refuse(
        {431, fmt::format("a request's head has at most {} KiB here", kMaxHead >> 10), "", true});
  }
  const bool is_malformed =
      error.category() ==
          beast_http::make_error_code(beast_http::error::end_of_stream).category() &&
      error != beast_http::error::end_of_stream && error != beast_http::error::partial_message;
  if (is_malformed) {
    return refuse({400, fmt::format("not an HTTP request: {}", error.message()), "", true});
  }
  if (error) return close();
  expect_input_at_any_time();
  handle();
}

void GitConnection::handle() {
  const auto& message = parser_->get();
  const auto field = [&message](auto name) { return view(message[name]); };
  const GitRequestHead head{.method = view(message.method_string()),
                            .target = view(message.target()),
                            .content_type = field(beast_http::field::content_type),
                            .content_encoding = field(beast_http::field::content_encoding),
                            .git_protocol = field("Git-Protocol")};
  if (parts_.settings.dashboard && parts_.settings.dashboard->takes(head.target)) {
    return handle_page();
  }
  const bool is_metrics = parts_.settings.metrics && is_metrics_request(head);
  const auto artifact = parse_artifact_request(head, parts_.settings.url_name);
  const auto request = artifact || is_metrics ? std::expected<GitRequest, GitRefusal>()
                                              : parse_git_request(head, parts_.settings.url_name);
  if (!request) return refuse(request.error());
  const Scope needed = artifact ? Scope::push : is_metrics ? Scope::read : request->needed_scope();
  const auto token = admit(needed, field(beast_http::field::authorization), client_,
                           parts_.authorize, parts_.failed, Clock::now());
  if (!token) return refuse(token.error());
  if (is_metrics) return answer_metrics();
  if (artifact) return handle_artifact(*artifact);
  if (request->advertises && !parser_->is_done()) {
    return refuse({400, "a GET has no body", "", true});
  }
  if (parts_.running >= parts_.settings.limits.requests) {
    return refuse(
        {503, "too many pushes and fetches at once; try again in a moment", "Retry-After: 5"});
  }
  start_git(*request, *token);
}

void GitConnection::answer_metrics() {
  answer({.status = 200, .type = Metrics::kContentType, .body = parts_.settings.metrics()});
}

void GitConnection::start_git(const GitRequest& request, const Token& token) {
  std::optional<std::uint64_t> length;
  if (const auto said = parser_->content_length()) length = *said;
  auto git = CgiProcess::start(parts_.context, git_backend_command(),
                               git_backend_environment(parts_.settings, request, token.name,
                                                       client_, length, search_path()));
  if (!git) {
    parts_.complain(git.error().message);
    return refuse({500, "livefix cannot start Git; its log says why"});
  }
  git_ = std::move(*git);
  ++parts_.running;
  is_chunked_ = parser_->get().version() >= kHttp11;
  begin_when_asked([this] {
    read_body();
    read_answer();
  });
}

void GitConnection::begin_when_asked(std::function<void()> begin) {
  const auto& message = parser_->get();
  const bool is_asked = message.version() >= kHttp11 &&
                        boost::beast::iequals(message[beast_http::field::expect], "100-continue");
  if (!is_asked) return begin();
  send("HTTP/1.1 100 Continue\r\n\r\n", std::move(begin));
}

// --- its body ------------------------------------------------------------------------------------

// To Git, to the disk, or to nobody after a refusal.
void GitConnection::read_body() {
  if (parser_->is_done()) return on_whole_body();
  auto& body = parser_->get().body();
  body.data = input_.data();
  body.size = input_.size();
  body.more = true;
  is_reading_ = true;
  expect_input(parts_.settings.limits.body);
  beast_http::async_read_some(
      socket_, buffer_, *parser_, held([this](const Error& error, std::size_t) {
        is_reading_ = false;
        if (lingers_) return discard();
        expect_input_at_any_time();
        const bool is_full = error == beast_http::error::need_buffer;
        on_body(is_full ? Error() : error, input_.size() - parser_->get().body().size);
      }));
}

void GitConnection::on_body(const Error& error, std::size_t size) {
  if (error) return close();  // it left in the middle, or sends no chunks
  if (artifact_) return store_part(size);
  if (visit_) return keep_page_body(size);
  if (!git_) {
    discarded_ += size;
    return discarded_ > kMaxDiscarded ? linger() : read_body();
  }
  if (size == 0) return read_body();
  git_->write(asio::buffer(input_.data(), size), held([this](const Error& failure, std::size_t) {
                if (lingers_) return is_reading_ ? void() : discard();
                // Else Git has enough of it, and its answer says why.
                if (!failure) read_body();
              }));
}

void GitConnection::on_whole_body() {
  is_whole_ = true;
  if (artifact_) return on_whole_artifact();
  if (visit_) return ask_page();
  if (!git_) return await_request();
  git_->end_input();
  watch_for_leave();
}

// While Git works on a whole request: what comes is the client's end, or its next request, which
// waits. Hooks take their time, so there is no other limit of it.
void GitConnection::watch_for_leave() {
  if (is_reading_ || buffer_.size() >= kMaxHead) return;
  is_reading_ = true;
  socket_.async_read_some(buffer_.prepare(kPeek),
                          held([this](const Error& error, std::size_t size) {
                            is_reading_ = false;
                            if (lingers_) return discard();
                            buffer_.commit(size);
                            if (waits_) return read_head();
                            if (error) return close();
                            watch_for_leave();
                          }));
}

// --- the answer ----------------------------------------------------------------------------------

void GitConnection::read_answer() {
  git_->read(asio::buffer(output_),
             held([this](const Error& error, std::size_t size) { on_answer(error, size); }));
}

void GitConnection::on_answer(const Error& error, std::size_t size) {
  if (error && error != asio::error::eof) return close();
  if (error) return has_begun_ ? end_answer() : finish();
  if (has_begun_) return send_part(size);
  answer_head_.append(output_.data(), size);
  begin_answer();
}

void GitConnection::begin_answer() {
  const auto parsed = parse_cgi_head(answer_head_);
  if (!parsed) {
    parts_.complain(fmt::format("git http-backend: {}", parsed.error().message));
    return close();
  }
  if (!*parsed) return read_answer();
  const CgiHead& head = **parsed;
  has_begun_ = true;
  std::string text = first_line(head.status);
  for (const auto& [name, value] : head.fields) text += fmt::format("{}: {}\r\n", name, value);
  text += is_chunked_ ? "Transfer-Encoding: chunked\r\n" : "Connection: close\r\n";
  text += "\r\n";
  const auto body = std::string_view(answer_head_).substr(head.size);
  if (is_chunked_ && !body.empty()) text += fmt::format("{:x}\r\n{}\r\n", body.size(), body);
  if (!is_chunked_) text += body;
  send(std::move(text), [this] { read_answer(); });
}

void GitConnection::send_part(std::size_t size) {
  const asio::const_buffer part(output_.data(), size);
  auto sent = held([this](const Error& error, std::size_t) {
    disarm(output_patience_);
    if (error) return close();
    read_answer();
  });
  arm(output_patience_, parts_.settings.limits.answer);
  if (is_chunked_) {
    asio::async_write(socket_, beast_http::make_chunk(part), std::move(sent));
  } else {
    asio::async_write(socket_, part, std::move(sent));
  }
}

// Git has exited. One that was killed did not say all it had to say, which a client sees by a
// missing last chunk; with an exit status of another kind the answer itself tells what was wrong.
void GitConnection::end_answer() {
  if (WIFSIGNALED(git_->wait_status().value_or(0))) {
    parts_.complain(fmt::format("git http-backend {}", ended_text(*git_->wait_status())));
    return close();
  }
  if (!is_chunked_) return finish();
  send("0\r\n\r\n", [this] { finish(); });
}

void GitConnection::finish() {
  const auto complaint = first_complaint(*git_);
  if (!complaint.empty() || !has_begun_) {
    parts_.complain(fmt::format("git http-backend {}{}{}",
                                ended_text(git_->wait_status().value_or(0)),
                                complaint.empty() ? "" : ": ", complaint));
  }
  git_->abandon();
  git_.reset();
  --parts_.running;
  if (!has_begun_) {
    lingers_ = true;  // a body that is still being read is for nobody
    return refuse({500, "Git has no answer; livefix's log says why", "", true});
  }
  if (!is_whole_ || !is_chunked_ || !parser_->get().keep_alive()) return linger();
  await_request();
}

// --- refusals, and the end -----------------------------------------------------------------------

void GitConnection::refuse(const GitRefusal& refusal) {
  answer({.status = refusal.status,
          .body = fmt::format("livefix: {}\n", refusal.sentence),
          .field = refusal.field,
          .is_last = refusal.is_last});
}

void GitConnection::answer(const ShortAnswer& what) {
  const auto& message = parser_->get();
  // A client that waits for "100 Continue" may send its body nevertheless, or not.
  const bool is_unclear = message.find(beast_http::field::expect) != message.end();
  const bool is_last =
      what.is_last || is_unclear || message.version() < kHttp11 || !message.keep_alive();
  std::string text = first_line(what.status);
  text += fmt::format(
      "Content-Type: {}\r\nContent-Length: {}\r\n"
      "Cache-Control: {}\r\n",
      what.type, what.body.size(), what.cache);
  if (!what.field.empty()) text += fmt::format("{}\r\n", what.field);
  if (is_last) text += "Connection: close\r\n";
  text += "\r\n";
  if (message.method() != beast_http::verb::head) text += what.body;
  send(std::move(text), [this, is_last] { after_refusal(is_last); });
}

void GitConnection::after_refusal(bool is_last) {
  if (is_last) return linger();
  read_body();
}

// What the client still sends is read for a while: to close a socket with unread bytes resets it,
// and the client might never see its answer.
void GitConnection::linger() {
  lingers_ = true;
  Error ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  expect_input(parts_.settings.limits.linger);
  if (!is_reading_) discard();
}

void GitConnection::discard() {
  is_reading_ = true;
  socket_.async_read_some(asio::buffer(input_), held([this](const Error& error, std::size_t size) {
                            is_reading_ = false;
                            discarded_ += size;
                            if (error || discarded_ > kMaxDiscarded) return close();
                            discard();
                          }));
}

}  // namespace livefix::control
