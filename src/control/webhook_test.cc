#include "control/webhook.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <optional>

namespace livefix::control {
namespace {

namespace asio = boost::asio;

// Computed by another implementation (hmac of Python).
TEST(WebhookSignature, IsThatOfOthers) {
  EXPECT_EQ(webhook_signature("hook secret", 1'764'151'200, R"({"event":"test"})"),
            "t=1764151200,v1=095b63fbf6686d52c2a647b3cf705b88f200fd032aa8b708c79af5a72d43c381");
}

TEST(WebhookAnswer, SaysWhetherToTryAgain) {
  using enum DeliveryOutcome::Kind;
  EXPECT_EQ(outcome_of_status(204, "", "").kind, delivered);
  for (const unsigned status : {408U, 429U, 500U, 503U, 599U}) {
    EXPECT_EQ(outcome_of_status(status, "", "").kind, again) << status;
  }
  for (const unsigned status : {400U, 401U, 404U, 410U, 301U, 307U}) {
    EXPECT_EQ(outcome_of_status(status, "", "").kind, given_up) << status;
  }
  EXPECT_EQ(outcome_of_status(302, "Found", "").what,
            "302 Found, and redirects are not followed; write the URL where it leads");
}

TEST(WebhookAnswer, AsksForAPause) {
  EXPECT_EQ(outcome_of_status(429, "", "120").at_least, Milliseconds{120'000});
  EXPECT_EQ(outcome_of_status(503, "", "soon").at_least, Milliseconds{0});
  EXPECT_EQ(outcome_of_status(503, "", "-1").at_least, Milliseconds{0});
  EXPECT_EQ(outcome_of_status(503, "", "99999999999").at_least, Milliseconds{0});
}

TEST(WebhookAnswer, ShowsNoControlCharacters) {
  EXPECT_EQ(outcome_of_status(500, "\x1b[31mred\x9b", "").what, "500 [31mred");
}

class WebhookTest : public ::testing::Test {
 protected:
  using enum DeliveryOutcome::Kind;

  WebhookTest() : listener_(context_, {asio::ip::make_address("127.0.0.1"), 0}) {
    receiver_.url = {false, "127.0.0.1", listener_.local_endpoint().port(), "/hook?a=b"};
  }
  void TearDown() override { unsetenv("LIVEFIX_TEST_SECRET"); }

  // One delivery, answered with this.
  DeliveryOutcome deliver(const std::string& answer, Milliseconds patience = Webhook::kPatience) {
    asio::ip::tcp::socket client(context_);
    listener_.async_accept(client, [&](const auto& error) {
      if (!error) read_request(client, answer);
    });
    return run(patience);
  }
  DeliveryOutcome run(Milliseconds patience = Webhook::kPatience) {
    Webhook webhook(context_, receiver_, patience);
    std::optional<DeliveryOutcome> outcome;
    webhook.deliver({"promoted", "shop-7-1f2e3d4c", R"({"event":"promoted"})", 7},
                    [&](const DeliveryOutcome& came) { outcome = came; });
    EXPECT_FALSE(outcome) << "not from within";
    context_.restart();
    while (!outcome && context_.run_one() > 0) {
    }
    return outcome.value_or(DeliveryOutcome{});
  }
  void read_request(asio::ip::tcp::socket& client, const std::string& answer) {
    asio::async_read_until(client, request_, "\"promoted\"}", [&](const auto& error, std::size_t) {
      EXPECT_FALSE(error);
      if (!answer.empty()) asio::write(client, asio::buffer(answer));
    });
  }
  bool request_has(const std::string& text) const {
    const auto data = request_.data();
    const std::string all(asio::buffers_begin(data), asio::buffers_end(data));
    return all.find(text) != std::string::npos;
  }

  asio::io_context context_;
  asio::ip::tcp::acceptor listener_;
  asio::streambuf request_;
  NotifySpec receiver_{};
};

TEST_F(WebhookTest, PostsTheEvent) {
  const auto outcome = deliver("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(outcome.kind, delivered);
  EXPECT_EQ(outcome.what, "200 OK");
  EXPECT_TRUE(request_has("POST /hook?a=b HTTP/1.1\r\n"));
  EXPECT_TRUE(request_has("Content-Type: application/json\r\n"));
  EXPECT_TRUE(request_has("User-Agent: livefix/"));
  EXPECT_TRUE(request_has("Livefix-Event: promoted\r\n"));
  EXPECT_TRUE(request_has("Livefix-Delivery: shop-7-1f2e3d4c\r\n"));
  EXPECT_FALSE(request_has("Livefix-Signature"));
}

TEST_F(WebhookTest, SignsWhereThereIsASecret) {
  setenv("LIVEFIX_TEST_SECRET", "hunter2\n", 1);
  receiver_.secret_env = "LIVEFIX_TEST_SECRET";
  EXPECT_EQ(deliver("HTTP/1.1 204 No Content\r\n\r\n").kind, delivered);
  EXPECT_TRUE(request_has("Livefix-Signature: t="));
  EXPECT_FALSE(request_has("hunter2"));
}

TEST_F(WebhookTest, NothingGoesOutUnsignedWhereASecretIsMissing) {
  receiver_.secret_env = "LIVEFIX_TEST_SECRET";
  const auto outcome = run();
  EXPECT_EQ(outcome.kind, again);
  EXPECT_EQ(outcome.what, "the environment of livefix has no LIVEFIX_TEST_SECRET, its secret");
}

TEST_F(WebhookTest, TriesAgainWhereNobodyListens) {
  listener_.close();
  const auto outcome = run();
  EXPECT_EQ(outcome.kind, again);
  EXPECT_EQ(outcome.what, "it cannot be connected to: Connection refused");
}

TEST_F(WebhookTest, DoesNotWaitForEver) {
  const auto outcome = deliver("", Milliseconds{50});
  EXPECT_EQ(outcome.kind, again);
  EXPECT_EQ(outcome.what, "no answer within 50 ms");
}

TEST_F(WebhookTest, TakesTheStatusOfAnAnswerWithoutEnd) {
  const auto outcome =
      deliver("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nslow", Milliseconds{200});
  EXPECT_EQ(outcome.kind, delivered);
}

TEST_F(WebhookTest, ReadsABoundedAnswer) {
  const auto outcome = deliver("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x'));
  EXPECT_EQ(outcome.kind, again);
  EXPECT_TRUE(outcome.what.starts_with("it does not answer: ")) << outcome.what;
}

TEST_F(WebhookTest, NeedsNoHttpOfTheOtherSide) {
  EXPECT_EQ(deliver("SSH-2.0-OpenSSH_9.2\r\n\r\n").kind, again);
}

TEST_F(WebhookTest, CanGoWhileItDelivers) {
  auto webhook = std::make_unique<Webhook>(context_, receiver_, Milliseconds{50});
  webhook->deliver({"promoted", "1", "{}", 1}, [](const DeliveryOutcome&) {});
  webhook.reset();
  context_.run();
}

}  // namespace
}  // namespace livefix::control
