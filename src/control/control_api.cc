#include "control/control_api.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "base/utf8.h"
#include "control/api_match.h"
#include "control/phrases.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = beast::http;
using Local = asio::local::stream_protocol;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::seconds kClientPatience{10};  // with a client that is slow to ask or to read
constexpr std::size_t kMaxSessions = 64;
constexpr std::size_t kMaxRequestBody = 512 << 10;
constexpr std::size_t kMaxRequestHeader = 8192;
constexpr std::size_t kMaxUnread = 4 << 20;  // of a stream

// The socket's file mode keeps others out already; this is for a directory that was opened up.
bool is_allowed(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

}  // namespace

std::string_view ApiRequest::parameter(std::string_view name) const {
  const auto found = std::ranges::find(query, name, &std::pair<std::string, std::string>::first);
  return found == query.end() ? std::string_view{} : std::string_view(found->second);
}

std::string ApiRequest::who() const {
  if (!token.empty()) return token;
  constexpr std::size_t kLongest = 64;  // bytes, each of which valid_utf8() may make three of
  std::string name = valid_utf8(parameter("who").substr(0, kLongest));
  // The ledger would refuse these for ever.
  for (char& c : name) {
    if ((c >= 0 && c < ' ') || c == 0x7f) c = '-';
  }
  return name.empty() ? "somebody" : name;
}

ApiAnswer api_outcome(unsigned status, bool ok, std::string_view message) {
  return {.status = status,
          .body = boost::json::serialize(
              boost::json::object{{"ok", ok}, {"message", valid_utf8(message)}})};
}

struct ControlApi::Session {
  explicit Session(Local::socket socket) : stream(std::move(socket)) {
    parser.body_limit(kMaxRequestBody);
    parser.header_limit(kMaxRequestHeader);
  }

  beast::basic_stream<Local> stream;
  beast::flat_buffer buffer{kMaxRequestHeader + kMaxRequestBody};
  beast_http::request_parser<beast_http::string_body> parser;
  beast_http::response<beast_http::string_body> response;

  // Of an answer that is a stream.
  bool streams = false;
  bool ends = false;
  bool writing = false;
  std::string unsent;
  std::string sending;
  std::function<void()> gone;
};

struct ControlApi::Impl {
  Impl(asio::io_context& context, std::vector<Route> of)
      : acceptor(context), retry(context), routes(std::move(of)) {}

  void accept() {
    if (sessions.size() >= kMaxSessions) {
      paused = true;
      return;
    }
    acceptor.async_accept([this](const ErrorCode& error, Local::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {  // out of descriptors: nothing that haste would help
        retry.expires_after(std::chrono::milliseconds(100));
        retry.async_wait([this](const ErrorCode& stopped) {
          if (!stopped) accept();
        });
        return;
      }
      const std::uint64_t id = ++last_session;
      sessions.emplace(id, std::make_unique<Session>(std::move(socket)));
      read(id);
      accept();
    });
  }

  Session* find(std::uint64_t id) {
    const auto found = sessions.find(id);
    return found == sessions.end() ? nullptr : found->second.get();
  }

  // --- the request -------------------------------------------------------------------------------

  void read(std::uint64_t id) {
    Session& session = *sessions.at(id);
    session.stream.expires_after(kClientPatience);
    beast_http::async_read(session.stream, session.buffer, session.parser,
                           [this, id](const ErrorCode& error, std::size_t) {
                             if (error == asio::error::operation_aborted) return;
                             on_request(id, error);
                           });
  }

  void on_request(std::uint64_t id, const ErrorCode& error) {
    Session* session = find(id);
    if (!session) return;
    if (error == beast_http::error::body_limit || error == beast_http::error::header_limit ||
        error == beast_http::error::buffer_overflow) {
      return answer(id, api_outcome(413, false, "the request is too large for the control API"));
    }
    if (error.category() ==
            beast_http::make_error_code(beast_http::error::end_of_stream).category() &&
        error != beast_http::error::end_of_stream && error != beast_http::error::partial_message) {
      return answer(
          id, api_outcome(400, false, fmt::format("not an HTTP request: {}", error.message())));
    }
    if (error) return close(id);  // it left, or was too slow
    if (!is_allowed(session->stream.socket().native_handle())) {
      return answer(
          id, api_outcome(403, false, "only the user who runs this livefix, or root, may do that"));
    }
    route(id, session->parser.get());
  }

  void route(std::uint64_t id, const beast_http::request<beast_http::string_body>& message) {
    const std::string_view method(message.method_string().data(), message.method_string().size());
    auto found = match_api(routes, method, std::string(message.target()), message.body());
    if (!found) return answer(id, std::move(found.error()));
    sessions.at(id)->stream.expires_never();  // an outcome takes as long as the program does
    watch_for_leave(id);
    found->route->handle(found->request, reply_to(id));
  }

  ApiReply reply_to(std::uint64_t id) const;

  // A client has said all it has to say: what comes now is its end.
  void watch_for_leave(std::uint64_t id) {
    sessions.at(id)->stream.socket().async_wait(Local::socket::wait_read,
                                                [this, id](const ErrorCode& error) {
                                                  if (error == asio::error::operation_aborted)
                                                    return;
                                                  Session* session = find(id);
                                                  if (session && !session->ends) close(id);
                                                });
  }

  // --- the answer --------------------------------------------------------------------------------

  void answer(std::uint64_t id, ApiAnswer what) {
    Session* session = find(id);
    if (!session || session->ends || session->streams) return;
    session->ends = true;
    auto& response = session->response;
    response.version(11);
    response.result(what.status);
    response.set(beast_http::field::content_type, {what.type.data(), what.type.size()});
    response.keep_alive(false);
    response.body() = std::move(what.body);
    if (!response.body().ends_with('\n')) response.body().push_back('\n');
    response.prepare_payload();
    session->stream.expires_after(kClientPatience);
    beast_http::async_write(session->stream, response,
                            [this, id](const ErrorCode& error, std::size_t) {
                              if (error == asio::error::operation_aborted) return;
                              close(id);
                            });
  }

  // A body that ends with the connection: its last line says whether it is whole.
  void line(std::uint64_t id, const std::string& json) {
    Session* session = find(id);
    if (!session || session->ends) return;
    if (!std::exchange(session->streams, true)) {
      session->unsent =
          "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n";
    }
    session->unsent.append(json).push_back('\n');
    if (session->unsent.size() > kMaxUnread) return close(id);
    flush(id);
  }

  void end(std::uint64_t id) {
    Session* session = find(id);
    if (!session || session->ends) return;
    session->ends = true;
    flush(id);
  }

  void flush(std::uint64_t id) {
    Session& session = *sessions.at(id);
    if (session.writing) return;
    if (session.unsent.empty()) {
      if (session.ends) close(id);
      return;
    }
    session.writing = true;
    session.sending = std::exchange(session.unsent, {});
    session.stream.expires_after(kClientPatience);
    asio::async_write(session.stream, asio::buffer(session.sending),
                      [this, id](const ErrorCode& error, std::size_t) {
                        if (error == asio::error::operation_aborted) return;
                        Session* written = find(id);
                        if (!written) return;
                        written->writing = false;
                        if (error) return close(id);
                        written->stream.expires_never();
                        flush(id);
                      });
  }

  void close(std::uint64_t id) {
    Session* session = find(id);
    if (!session) return;
    const bool left = !session->ends || session->writing || !session->unsent.empty();
    const auto gone = std::move(session->gone);
    ErrorCode ignored;
    session->stream.socket().shutdown(Local::socket::shutdown_send, ignored);
    sessions.erase(id);
    if (paused) {
      paused = false;
      accept();
    }
    if (left && gone) gone();
  }

  std::weak_ptr<Impl> self;  // for replies, which may outlive this
  Local::acceptor acceptor;
  asio::steady_timer retry;
  const std::vector<Route> routes;
  std::map<std::uint64_t, std::unique_ptr<Session>> sessions;
  std::uint64_t last_session = 0;
  bool paused = false;  // too many sessions: the next one to close goes on accepting
};

// --- replies -------------------------------------------------------------------------------------

struct ControlApi::Client final : ApiClient {
  Client(std::weak_ptr<Impl> of, std::uint64_t session) : api_(std::move(of)), session_(session) {}

  void answer(ApiAnswer what) override {
    if (const auto api = api_.lock()) api->answer(session_, std::move(what));
  }
  void line(const std::string& json, std::uint64_t /*id*/) override {
    if (const auto api = api_.lock()) api->line(session_, json);
  }
  void end() override {
    if (const auto api = api_.lock()) api->end(session_);
  }
  void on_gone(std::function<void()> callback) override {
    const auto api = api_.lock();
    auto* session = api ? api->find(session_) : nullptr;
    if (!session) return callback();
    session->gone = std::move(callback);
  }

 private:
  const std::weak_ptr<Impl> api_;
  const std::uint64_t session_;
};

ApiReply ControlApi::Impl::reply_to(std::uint64_t id) const {
  return ApiReply(std::make_shared<Client>(self, id));
}

// --- the API -------------------------------------------------------------------------------------

ControlApi::ControlApi(asio::io_context& context, os::Fd listener, std::vector<Route> routes)
    : impl_(std::make_shared<Impl>(context, std::move(routes))) {
  impl_->self = impl_;
  ErrorCode error;
  impl_->acceptor.assign(Local(), listener.get(), error);
  if (error) return;  // livefix serves without it
  listener.release();
  impl_->acceptor.non_blocking(true, error);
  impl_->accept();
}

ControlApi::~ControlApi() = default;

}  // namespace livefix::control
