#include "cli/http_client.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "cli/client_connection.h"

namespace livefix::cli {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using Parser = http::response_parser<http::string_body>;

constexpr std::uint64_t kLargestHttpAnswer = 64U << 20;  // a repository with many refs
constexpr std::size_t kPortion = 64U << 10;

std::string compose(const PushTarget& target, const HttpRequest& request) {
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: livefix/" LIVEFIX_VERSION
                  "\r\nAuthorization: Bearer {}\r\nConnection: close\r\n",
                  request.method, request.path, target.authority(), target.token);
  if (request.file >= 0) {
    head += fmt::format(
        "Content-Type: application/octet-stream\r\nContent-Length: {}\r\nExpect: 100-continue\r\n",
        request.size);
  }
  return head + "\r\n";
}

// One answer; what comes behind it stays in `buffer`.
Result<HttpAnswer> read_answer(ClientConnection& connection, beast::flat_buffer& buffer,
                               bool has_no_body) {
  Parser parser;
  parser.body_limit(kLargestHttpAnswer);
  parser.eager(true);
  parser.skip(has_no_body);
  beast::error_code error;
  const auto advance = [&] {
    buffer.consume(parser.put(buffer.data(), error));
    if (error == http::error::need_more) error = {};
  };
  if (buffer.size() > 0) advance();
  while (!error && !parser.is_done()) {
    const auto space = buffer.prepare(kPortion);
    const auto size = connection.read({static_cast<char*>(space.data()), space.size()});
    if (!size) return std::unexpected(size.error());
    buffer.commit(*size);
    if (*size > 0) {
      advance();
    } else if (parser.got_some()) {
      parser.put_eof(error);
    } else {
      return fail("it ends the connection without an answer");
    }
  }
  if (error) return fail("its answer is not HTTP: {}", error.message());
  return HttpAnswer{parser.get().result_int(), std::move(parser.get().body())};
}

// The error is about the file alone; what the other side does not take shows in its answer.
Status send_file(ClientConnection& connection, const HttpRequest& request) {
  std::array<char, kPortion> portion;
  for (std::uint64_t left = request.size; left > 0;) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left, portion.size()));
    const ssize_t size = read(request.file, portion.data(), most);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("the file cannot be read");
    if (size == 0) return fail("the file became shorter while it was sent; build first, then push");
    if (!connection.write({portion.data(), static_cast<std::size_t>(size)})) return {};
    left -= static_cast<std::uint64_t>(size);
  }
  return {};
}

}  // namespace

Result<HttpAnswer> send_http(const PushTarget& target, const HttpRequest& request) {
  auto connection = ClientConnection::open(target, request.patience);
  if (!connection) return std::unexpected(connection.error());
  if (const auto sent = connection->write(compose(target, request)); !sent) {
    return std::unexpected(sent.error());
  }
  constexpr unsigned kContinue = 100;
  beast::flat_buffer buffer;
  auto answer = read_answer(*connection, buffer, request.method == "HEAD");
  if (!answer || answer->status != kContinue) return answer;
  if (const auto sent = send_file(*connection, request); !sent) {
    return std::unexpected(sent.error());
  }
  return read_answer(*connection, buffer, false);
}

}  // namespace livefix::cli
