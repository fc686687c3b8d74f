#include "control/control_api.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <optional>

#include "control/phrases.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Local = asio::local::stream_protocol;
using Error = boost::system::error_code;

constexpr std::chrono::seconds kPatience{10};  // with a client that is slow to ask or to read
constexpr std::size_t kMaxSessions = 64;
constexpr std::size_t kMaxBody = 4096;
constexpr std::size_t kMaxHeader = 8192;

// "service=shop&service=cart"; nullopt: something else. Names are never encoded.
std::optional<std::vector<std::string>> services_of(std::string_view query) {
  constexpr std::string_view kKey = "service=";
  std::vector<std::string> names;
  while (!query.empty()) {
    const auto one = query.substr(0, query.find('&'));
    if (!one.starts_with(kKey)) return std::nullopt;
    names.emplace_back(one.substr(kKey.size()));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
  }
  return names;
}

// The socket's file mode keeps others out already; this is for a directory that was opened up.
bool is_allowed(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

}  // namespace

ApiAnswer api_outcome(unsigned status, bool ok, std::string_view message) {
  return {status, boost::json::serialize(
                      boost::json::object{{"ok", ok}, {"message", valid_utf8(message)}})};
}

struct ControlApi::Session {
  explicit Session(Local::socket socket) : stream(std::move(socket)) {
    parser.body_limit(kMaxBody);
    parser.header_limit(kMaxHeader);
  }

  beast::basic_stream<Local> stream;
  beast::flat_buffer buffer{kMaxHeader + kMaxBody};
  http::request_parser<http::string_body> parser;
  http::response<http::string_body> response;
};

struct ControlApi::Impl {
  Impl(asio::io_context& context, Handlers of)
      : acceptor(context), retry(context), handlers(std::move(of)) {}

  void accept() {
    if (sessions.size() >= kMaxSessions) {
      paused = true;
      return;
    }
    acceptor.async_accept([this](const Error& error, Local::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {  // out of descriptors: nothing that haste would help
        retry.expires_after(std::chrono::milliseconds(100));
        retry.async_wait([this](const Error& stopped) {
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

  void read(std::uint64_t id) {
    Session& session = *sessions.at(id);
    session.stream.expires_after(kPatience);
    http::async_read(session.stream, session.buffer, session.parser,
                     [this, id](const Error& error, std::size_t) {
                       if (error == asio::error::operation_aborted) return;
                       on_request(id, error);
                     });
  }

  void on_request(std::uint64_t id, const Error& error) {
    Session* session = find(id);
    if (!session) return;
    if (error == http::error::body_limit || error == http::error::header_limit ||
        error == http::error::buffer_overflow) {
      return answer(id, api_outcome(413, false, "the request is too large for the control API"));
    }
    if (error.category() == http::make_error_code(http::error::end_of_stream).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
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

  void route(std::uint64_t id, const http::request<http::string_body>& request) {
    const std::string whole(request.target());
    const std::string target = whole.substr(0, whole.find('?'));
    const std::string query = whole.substr(std::min(target.size() + 1, whole.size()));
    const bool is_get = request.method() == http::verb::get;
    const bool is_post = request.method() == http::verb::post;
    const bool reads = target == "/v1/status";
    if (!reads && target != "/v1/reload" && target != "/v1/stop") {
      return answer(id, api_outcome(404, false,
                                    fmt::format("there is no {}; there are GET /v1/status, POST "
                                                "/v1/reload and POST /v1/stop",
                                                target)));
    }
    if (reads ? !is_get : !is_post) {
      return answer(
          id, api_outcome(405, false, fmt::format("{} takes {}", target, reads ? "GET" : "POST")));
    }
    const auto services = services_of(query);
    if (!services || (!services->empty() && target != "/v1/reload")) {
      return answer(id, api_outcome(400, false,
                                    fmt::format("{} takes no ?{}; only POST "
                                                "/v1/reload?service=NAME takes something",
                                                target, query)));
    }
    if (reads) return answer(id, {200, handlers.status()});
    sessions.at(id)->stream.expires_never();  // an outcome takes as long as the program does
    const auto respond = [weak = self, id](ApiAnswer what) {
      if (const auto api = weak.lock()) api->answer(id, std::move(what));
    };
    target == "/v1/stop" ? handlers.stop(respond) : handlers.reload(*services, respond);
  }

  void answer(std::uint64_t id, ApiAnswer what) {
    Session* session = find(id);
    if (!session) return;
    auto& response = session->response;
    response.version(11);
    response.result(what.status);
    response.set(http::field::content_type, "application/json");
    response.keep_alive(false);
    response.body() = std::move(what.body);
    response.body().push_back('\n');
    response.prepare_payload();
    session->stream.expires_after(kPatience);
    http::async_write(session->stream, response, [this, id](const Error& error, std::size_t) {
      if (error == asio::error::operation_aborted) return;
      close(id);
    });
  }

  void close(std::uint64_t id) {
    Session* session = find(id);
    if (!session) return;
    Error ignored;
    session->stream.socket().shutdown(Local::socket::shutdown_send, ignored);
    sessions.erase(id);
    if (paused) {
      paused = false;
      accept();
    }
  }

  std::weak_ptr<Impl> self;  // for responders, which may outlive this
  Local::acceptor acceptor;
  asio::steady_timer retry;
  const Handlers handlers;
  std::map<std::uint64_t, std::unique_ptr<Session>> sessions;
  std::uint64_t last_session = 0;
  bool paused = false;  // too many sessions: the next one to close goes on accepting
};

ControlApi::ControlApi(asio::io_context& context, os::Fd listener, Handlers handlers)
    : impl_(std::make_shared<Impl>(context, std::move(handlers))) {
  impl_->self = impl_;
  Error error;
  impl_->acceptor.assign(Local(), listener.get(), error);
  if (error) return;  // livefix serves without it
  listener.release();
  impl_->acceptor.non_blocking(true, error);
  impl_->accept();
}

ControlApi::~ControlApi() = default;

}  // namespace livefix::control
