// Programs answer well, badly, too much, or not at all: each has its word.
#include "control/replay_client.h"

#include <fmt/format.h>

#include <optional>

#include "control/replay_harness.h"

namespace livefix::control {
namespace {

using namespace std::chrono_literals;
using control::testing::ScriptedProgram;
using After = ScriptedProgram::After;

constexpr Milliseconds kLong{10'000};

struct ReplayClientTest : public ::testing::Test {
  template <class Condition>
  void run_until(Condition condition) {
    const TimePoint end = Clock::now() + 10s;
    while (!condition() && Clock::now() < end) context.run_one_for(10ms);
    EXPECT_TRUE(condition());
  }
  static ReplayRequest request(http::Method method = http::Method::get) {
    return {fmt::format("{} / HTTP/1.1\r\nHost: a\r\n\r\n", http::name_of(method)), method};
  }
  ReplayAnswer ask(const Address& address, Milliseconds patience = kLong,
                   http::Method method = http::Method::get) {
    ReplayClient client(context, 4);
    std::optional<ReplayAnswer> answer;
    client.send({address}, request(method), patience,
                [&](ReplayAnswer got) { answer = std::move(got); });
    EXPECT_FALSE(answer) << "it is told later";
    run_until([&] { return answer.has_value(); });
    return answer.value_or(ReplayAnswer{});
  }
  ReplayAnswer ask(std::string answer, After after = After::close, Milliseconds patience = kLong,
                   http::Method method = http::Method::get) {
    ScriptedProgram program(context, std::move(answer), after);
    return ask(program.address(), patience, method);
  }

  boost::asio::io_context context;
};

TEST_F(ReplayClientTest, KeepsAWholeAnswer) {
  const auto answer =
      ask("HTTP/1.1 201 Made\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
          "4\r\nfour\r\n0\r\n\r\n");
  EXPECT_EQ(answer.end, ReplayEnd::whole);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.message.first_line, "HTTP/1.1 201 Made");
  EXPECT_EQ(answer.message.field("content-type"), "text/plain");
  EXPECT_EQ(answer.message.body, "four");
  EXPECT_GT(answer.took, 0us);
}

TEST_F(ReplayClientTest, NeedsNoCloseWhereTheAnswerSaysItsLength) {
  const auto answer = ask("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", After::stay);
  EXPECT_EQ(answer.end, ReplayEnd::whole);
  EXPECT_EQ(answer.message.body, "ok");
}

TEST_F(ReplayClientTest, AHeadHasNoBody) {
  const auto answer =
      ask("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", After::stay, kLong, http::Method::head);
  EXPECT_EQ(answer.end, ReplayEnd::whole);
}

TEST_F(ReplayClientTest, PassesInterimAnswersOver) {
  const auto answer =
      ask("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\nok");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.message.body, "ok");
}

TEST_F(ReplayClientTest, WhatFollowsAnAnswerIsNobodys) {
  const auto answer = ask("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more");
  EXPECT_EQ(answer.end, ReplayEnd::whole);
  EXPECT_EQ(answer.message.body, "ok");
}

TEST_F(ReplayClientTest, OneThatCloses) {
  EXPECT_EQ(ask("").end, ReplayEnd::closed);
  EXPECT_EQ(ask("HTTP/1.1 200 O").end, ReplayEnd::broken_off);
  const auto half = ask("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
  EXPECT_EQ(half.end, ReplayEnd::broken_off);
  EXPECT_EQ(half.status, 200);
  EXPECT_FALSE(half.is_there());
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\n\r\nends with the connection", After::reset).end,
            ReplayEnd::broken_off);
}

TEST_F(ReplayClientTest, OneThatHangs) {
  EXPECT_EQ(ask("", After::stay, 20ms).end, ReplayEnd::timed_out);
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", After::stay, 20ms).end,
            ReplayEnd::endless);
}

TEST_F(ReplayClientTest, OneThatAnswersNonsense) {
  EXPECT_EQ(ask("SSH-2.0-OpenSSH\r\n").end, ReplayEnd::not_http);
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok").end,
            ReplayEnd::not_http);
  EXPECT_EQ(ask("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n").end,
            ReplayEnd::not_http);
  EXPECT_EQ(ask("X: " + std::string(8'192, 'x') + "\r\n", After::repeat).end, ReplayEnd::not_http);
  EXPECT_EQ(ask("HTTP/1.1 102 Wait\r\n\r\n", After::repeat).end, ReplayEnd::not_http);
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").end,
            ReplayEnd::not_http);
}

TEST_F(ReplayClientTest, OneThatNeverEndsIsReadUpToALimit) {
  const auto answer = ask("HTTP/1.1 200 OK\r\n\r\n" + std::string(65'536, 'x'), After::repeat);
  EXPECT_EQ(answer.end, ReplayEnd::too_large);
  EXPECT_EQ(answer.message.body.size(), ReplayAnswer::kMostOfAnswer);
  EXPECT_TRUE(answer.message.cut);
  EXPECT_TRUE(answer.is_there());
  const auto claims = ask("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\nx");
  EXPECT_EQ(claims.end, ReplayEnd::broken_off) << "and no memory is set aside for it";
}

TEST_F(ReplayClientTest, OneThatIsNotThere) {
  Address address;
  {
    const ScriptedProgram gone(context, "");
    address = gone.address();
  }
  EXPECT_EQ(ask(address).end, ReplayEnd::refused);
}

TEST_F(ReplayClientTest, TriesTheNextPlace) {
  Address nobody;
  {
    const ScriptedProgram gone(context, "");
    nobody = gone.address();
  }
  ScriptedProgram program(context, "HTTP/1.1 200 OK\r\n\r\n");
  ReplayClient client(context, 1);
  int status = 0;
  client.send({nobody, program.address()}, request(), kLong,
              [&](const ReplayAnswer& answer) { status = answer.status; });
  run_until([&] { return status != 0; });
  EXPECT_EQ(status, 200);
}

TEST_F(ReplayClientTest, SendsSoManyAtOnceAndTheOthersLater) {
  ScriptedProgram program(context, "HTTP/1.1 200 OK\r\n\r\n");
  ReplayClient client(context, 3);
  int answered = 0;
  for (int i = 0; i < 20; ++i) {
    client.send({program.address()}, request(), kLong,
                [&](const ReplayAnswer& answer) { answered += answer.status == 200 ? 1 : 0; });
  }
  run_until([&] { return answered == 20; });
  EXPECT_LE(program.most_at_once(), 3);
  EXPECT_EQ(program.requests().size(), 20U);
}

TEST_F(ReplayClientTest, NobodyHearsOfWhatIsDestroyed) {
  ScriptedProgram program(context, "HTTP/1.1 200 OK\r\n\r\n");
  auto client = std::make_unique<ReplayClient>(context, 1);
  int heard = 0;
  for (int i = 0; i < 3; ++i) {
    client->send({program.address()}, request(), kLong, [&](const ReplayAnswer&) {
      ++heard;
      client.reset();
    });
  }
  run_until([&] { return heard == 1; });
  for (int i = 0; i < 10; ++i) context.run_one_for(1ms);
  EXPECT_EQ(heard, 1);
}

}  // namespace
}  // namespace livefix::control
