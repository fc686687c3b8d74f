#include "cli/api_client.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstring>
#include <optional>

namespace livefix::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::uint64_t kLargestAnswer = 8U << 20;

Result<os::Fd> connect_short(const std::string& path, Milliseconds timeout) {
  os::Fd connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!connection) return fail_errno("socket");
  // A keeper that is stopped does not accept; its queue can be full.
  const timeval limit{.tv_sec = timeout.count() / 1000, .tv_usec = (timeout.count() % 1000) * 1000};
  setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    return fail_errno("connecting to {}", path);
  }
  return connection;
}

http::request<http::string_body> message_of(const ApiRequest& request) {
  http::request<http::string_body> message{request.is_post ? http::verb::post : http::verb::get,
                                           request.target, 11, request.body};
  message.set(http::field::host, "livefix");
  message.set(http::field::user_agent, "livefix/" LIVEFIX_VERSION);
  message.set(http::field::connection, "close");
  if (!request.body.empty()) message.set(http::field::content_type, "application/json");
  message.prepare_payload();
  return message;
}

// A request whose answer is read line by line, on a loop of its own.
class Follower {
 public:
  using Line = std::function<void(std::string_view)>;

  Follower(os::Fd connection, const ApiRequest& request, const Line& on_line)
      : on_line_(on_line), message_(message_of(request)), socket_(loop_), errors_(loop_) {
    socket_.assign({}, connection.release());
    parser_.body_limit(boost::none);
  }
  ~Follower() {
    if (errors_.is_open()) errors_.release();
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  Status run() {
    watch_standard_error();
    http::async_write(socket_, message_, [this](beast::error_code error, std::size_t) {
      error ? end(error) : read();
    });
    loop_.run();
    const auto answer = parser_.is_header_done() ? parser_.get().result_int() : 0;
    if (answer != 0) take_lines(true);
    if (nobody_reads_) return fail("nobody reads what it says");
    if (error_) return fail("its answer cannot be read: {}", error_.message());
    return {};
  }

 private:
  // A pipe whose reader has left; a file or a terminal has none.
  void watch_standard_error() {
    beast::error_code ignored;
    errors_.assign(STDERR_FILENO, ignored);
    if (ignored) return;
    errors_.async_wait(asio::posix::stream_descriptor::wait_error, [this](beast::error_code error) {
      if (error) return;
      nobody_reads_ = true;
      end({});
    });
  }

  void read() {
    http::async_read_some(socket_, buffer_, parser_, [this](beast::error_code error, std::size_t) {
      if (parser_.is_header_done()) take_lines(false);
      if (error || parser_.is_done()) return end(error);
      read();
    });
  }

  void take_lines(bool last_too) {
    std::string& body = parser_.get().body();
    std::size_t from = 0;
    for (auto end = body.find('\n'); end != std::string::npos; end = body.find('\n', from)) {
      on_line_(std::string_view(body).substr(from, end - from));
      from = end + 1;
    }
    body.erase(0, from);
    if (last_too && !body.empty()) on_line_(std::exchange(body, {}));
  }

  void end(beast::error_code error) {
    if (error != http::error::end_of_stream) error_ = error;
    loop_.stop();
  }

  const Line& on_line_;
  const http::request<http::string_body> message_;
  asio::io_context loop_;
  asio::local::stream_protocol::socket socket_;
  asio::posix::stream_descriptor errors_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  beast::error_code error_;
  bool nobody_reads_ = false;
};

}  // namespace

Result<os::Fd> connect_to_socket(const std::string& path, Milliseconds timeout) {
  if (path.size() < sizeof(sockaddr_un::sun_path)) return connect_short(path, timeout);
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return fail("{} is too long for a socket", path);
  const os::Fd directory(open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail_errno("{}", path);
  return connect_short(fmt::format("/proc/self/fd/{}{}", directory.get(), path.substr(slash)),
                       timeout);
}

pid_t listener_of(const os::Fd& connection) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) return 0;
  return credentials.pid;
}

Result<ApiAnswer> ask(os::Fd connection, const ApiRequest& request) {
  const auto message = message_of(request);
  beast::error_code error;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kLargestAnswer);
  try {
    asio::io_context loop;
    asio::local::stream_protocol::socket socket(loop);
    socket.assign({}, connection.release());
    beast::basic_stream<asio::local::stream_protocol> stream(std::move(socket));
    beast::flat_buffer buffer;
    stream.expires_after(request.timeout);
    http::async_write(stream, message, [&](beast::error_code written, std::size_t) {
      error = written;
      if (error) return;
      http::async_read(stream, buffer, parser,
                       [&](beast::error_code read, std::size_t) { error = read; });
    });
    loop.run();
  } catch (const std::exception& exception) {
    return fail("{}", exception.what());
  }
  if (error == beast::error::timeout) {
    return fail("it did not answer within {} ms", request.timeout.count());
  }
  if (error) return fail("its answer cannot be read: {}", error.message());
  return ApiAnswer{parser.get().result_int(), std::move(parser.get().body())};
}

Status follow(os::Fd connection, const ApiRequest& request,
              const std::function<void(std::string_view)>& on_line) {
  try {
    return Follower(std::move(connection), request, on_line).run();
  } catch (const std::exception& exception) {
    return fail("{}", exception.what());
  }
}

}  // namespace livefix::cli
