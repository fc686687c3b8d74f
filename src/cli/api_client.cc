#include "cli/api_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace livefix::cli {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

using Parser = http::response_parser<http::string_body>;

constexpr std::uint64_t kLargestAnswer = 8U << 20;
constexpr std::size_t kReadSize = 16'384;

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

std::string compose(const ApiRequest& request) {
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: livefix\r\nUser-Agent: livefix/" LIVEFIX_VERSION
      "\r\nConnection: close\r\n{}\r\n{}",
      request.is_post ? "POST" : "GET", request.target,
      request.is_post ? fmt::format("Content-Length: {}\r\n", request.body.size()) : std::string(),
      request.body);
}

Status send_request(int fd, const ApiRequest& request) {
  const std::string text = compose(request);
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t size = send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("it cannot be asked");
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

// Until there is something to read. False: it does not go on.
bool wait_while(const std::function<bool()>& goes_on, int fd) {
  constexpr int kAsk = 500;  // milliseconds
  while (goes_on()) {
    pollfd waiting{fd, POLLIN, 0};
    if (poll(&waiting, 1, kAsk) > 0) return true;
  }
  return false;
}

// Bytes, or an end. False when there is none of it by then.
bool wait_for_more(int fd, TimePoint end) {
  constexpr std::int64_t kLongest = 3'600'000;
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(end - Clock::now()).count();
    pollfd waiting{fd, POLLIN, 0};
    const auto limit = std::clamp<std::int64_t>(left, 0, kLongest);
    if (poll(&waiting, 1, static_cast<int>(limit)) > 0) return true;
    if (Clock::now() >= end) return false;
  }
}

// Beast's own reading would be shorter here, and takes half a minute to compile under sanitizers.
void take(Parser& parser, beast::flat_buffer& buffer, bool is_end, beast::error_code& error) {
  if (is_end) {
    if (parser.got_some()) return parser.put_eof(error);
    error = http::error::end_of_stream;
    return;
  }
  buffer.consume(parser.put(buffer.data(), error));
  if (error == http::error::need_more) error = {};
}

Status read_some(int fd, Parser& parser, beast::flat_buffer& buffer) {
  const auto space = buffer.prepare(kReadSize);
  const ssize_t size = recv(fd, space.data(), space.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (size < 0) return fail_errno("its answer cannot be read");
  buffer.commit(static_cast<std::size_t>(size));
  beast::error_code error;
  take(parser, buffer, size == 0, error);
  if (error) return fail("its answer cannot be read: {}", error.message());
  return {};
}

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
  const TimePoint end = Clock::now() + request.timeout;
  const int fd = connection.get();
  Parser parser;
  parser.body_limit(kLargestAnswer);
  parser.eager(true);
  beast::flat_buffer buffer;
  if (const auto sent = send_request(fd, request); !sent) return std::unexpected(sent.error());
  while (!parser.is_done()) {
    if (!wait_for_more(fd, end)) {
      return fail("it did not answer within {} ms", request.timeout.count());
    }
    if (const auto read = read_some(fd, parser, buffer); !read) {
      return std::unexpected(read.error());
    }
  }
  return ApiAnswer{parser.get().result_int(), std::move(parser.get().body())};
}

Status follow(os::Fd connection, const ApiRequest& request,
              const std::function<void(std::string_view)>& on_line,
              const std::function<bool()>& goes_on) {
  const int fd = connection.get();
  Parser parser;
  parser.body_limit(boost::none);
  parser.eager(true);
  beast::flat_buffer buffer;
  if (const auto sent = send_request(fd, request); !sent) return sent;
  while (!parser.is_done()) {
    if (!wait_while(goes_on, fd)) return fail("whoever asked has left");
    const auto read = read_some(fd, parser, buffer);
    std::string& body = parser.get().body();
    std::size_t from = 0;
    for (auto end = body.find('\n'); end != std::string::npos; end = body.find('\n', from)) {
      on_line(std::string_view(body).substr(from, end - from));
      from = end + 1;
    }
    body.erase(0, from);
    if (!read) return read;
  }
  return {};
}

}  // namespace livefix::cli
