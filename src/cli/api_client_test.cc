#include "cli/api_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

using namespace std::chrono_literals;

// Listens on a unix socket and gives one client the same bytes whatever it asks.
class FakeServer {
 public:
  FakeServer(const std::string& directory, std::string answer) : answer_(std::move(answer)) {
    // Long paths are bound from their directory.
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(directory);
    listener_ = os::Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, "control.sock");
    bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    listen(listener_.get(), 4);
    std::filesystem::current_path(before);
  }
  ~FakeServer() {
    if (thread_.joinable()) thread_.join();
  }

  // Answers one request, then closes; keeps the connection open instead while `silent`.
  void serve() {
    thread_ = std::thread([this] {
      const os::Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char buffer[4096];
      while (request_.find("\r\n\r\n") == std::string::npos) {
        const ssize_t size = read(client.get(), buffer, sizeof buffer);
        if (size <= 0) return;
        request_.append(buffer, static_cast<std::size_t>(size));
      }
      if (answer_.empty()) {  // says nothing until the client gives up
        pollfd gone{client.get(), POLLIN, 0};
        poll(&gone, 1, 10'000);
        return;
      }
      send(client.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
    });
  }
  std::string request() {
    thread_.join();
    return request_;
  }
  void close() { listener_.reset(); }

 private:
  std::string answer_;
  std::string request_;
  os::Fd listener_;
  std::thread thread_;
};

class ApiClientTest : public testing::Test {
 protected:
  Result<ApiAnswer> ask_server(const std::string& answer, const ApiRequest& request) {
    FakeServer server(tree_.path(), answer);
    server.serve();
    auto connection = connect_to_socket(tree_.path("control.sock"), 5s);
    if (!connection) return std::unexpected(connection.error());
    EXPECT_EQ(listener_of(*connection), getpid());
    auto result = ask(std::move(*connection), request);
    request_ = server.request();
    return result;
  }

  TemporaryTree tree_;
  std::string request_;
};

TEST_F(ApiClientTest, AsksAndGetsAnAnswer) {
  const auto answer = ask_server("HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}",
                                 {.is_post = true, .target = "/v1/reload"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 409U);
  EXPECT_EQ(answer->body, "{}");
  EXPECT_TRUE(request_.starts_with("POST /v1/reload HTTP/1.1\r\n")) << request_;
  EXPECT_NE(request_.find("Content-Length: 0\r\n"), std::string::npos) << request_;
}

TEST_F(ApiClientTest, ReadsAnswersThatEndWithTheConnection) {
  const auto answer = ask_server("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", {.target = "/v1/status"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "{\"a\":1}");
  EXPECT_TRUE(request_.starts_with("GET /v1/status HTTP/1.1\r\n"));
}

TEST_F(ApiClientTest, SaysWhenTheAnswerIsGarbage) {
  const auto answer = ask_server("SSH-2.0-OpenSSH_9.2\r\n", {.target = "/"});
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().message.starts_with("its answer cannot be read"))
      << answer.error().message;
}

TEST_F(ApiClientTest, SaysWhenTheAnswerIsCutShort) {
  EXPECT_FALSE(ask_server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", {.target = "/"}));
}

TEST_F(ApiClientTest, DoesNotWaitForEver) {
  const auto answer = ask_server("", {.target = "/", .timeout = 30ms});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "it did not answer within 30 ms");
}

TEST_F(ApiClientTest, TellsADeadSocketFromNone) {
  FakeServer server(tree_.path(), "");
  server.close();
  const auto dead = connect_to_socket(tree_.path("control.sock"), 1s);
  ASSERT_FALSE(dead);
  EXPECT_EQ(dead.error().os_error, ECONNREFUSED);
  const auto none = connect_to_socket(tree_.path("other.sock"), 1s);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().os_error, ENOENT);
}

TEST_F(ApiClientTest, ReachesSocketsWithLongPaths) {
  const auto deep = fmt::format("{:d>60}/{:e>60}", "", "");
  tree_.directory(deep);
  FakeServer server(tree_.path(deep), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  server.serve();
  auto connection = connect_to_socket(tree_.path(deep) + "/control.sock", 5s);
  ASSERT_TRUE(connection) << connection.error().message;
  const auto answer = ask(std::move(*connection), {.target = "/"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "{}");
}

}  // namespace
}  // namespace livefix::cli
