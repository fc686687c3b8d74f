#include "cli/api_client.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
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
  http::request<http::empty_body> message{request.is_post ? http::verb::post : http::verb::get,
                                          request.target, 11};
  message.set(http::field::host, "livefix");
  message.set(http::field::user_agent, "livefix/" LIVEFIX_VERSION);
  message.set(http::field::connection, "close");
  message.prepare_payload();

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

}  // namespace livefix::cli
