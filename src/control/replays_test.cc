// Replays as the control API answers them, with the whole driver behind it.
#include "control/replays.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <sstream>
#include <thread>

#include "control/driver_harness.h"
#include "model/record_frame.h"
#include "model/record_ring.h"
#include "os/shared_memory.h"

namespace livefix::control {
namespace {

using namespace livefix::control::testing;

class ReplaysTest : public DriverTest {
 protected:
  void record_one(const char* method, int status) {
    RecordFrame frame;
    frame.cause = RecordCause::status;
    frame.status = static_cast<std::uint16_t>(status);
    const std::string request = fmt::format(
        "{} /pay?token=planted-one HTTP/1.1\r\nHost: a\r\nCookie: sid=planted-two\r\n\r\n", method);
    frame.request = request;
    const std::string answer = fmt::format("HTTP/1.1 {} Oh\r\n\r\noh", status);
    frame.answer = answer;
    RecordFrameFixed fixed;
    auto* const ring = static_cast<RecordRing*>(mapping_.data());
    RecordRingWriter(*ring, wake_.get()).append(encode_record(frame, fixed));
  }

  // The lines of an answer, by the program that serves; empty where it was not asked.
  std::vector<boost::json::value> replay(const std::string& query, const FakeProgram* program,
                                         std::string_view says = "") {
    std::string answer;
    std::thread asking([&] { answer = ask(http("POST", "/v1/replay?" + query)); });
    if (program) serve_one(*program, says);
    asking.join();
    whole_ = answer;
    std::vector<boost::json::value> lines;
    std::istringstream body(answer.substr(std::min(answer.find("\r\n\r\n") + 4, answer.size())));
    for (std::string line; std::getline(body, line);) {
      if (!line.empty()) lines.push_back(boost::json::parse(line));
    }
    return lines;
  }
  void serve_one(const FakeProgram& program, std::string_view says) {
    ASSERT_TRUE(readable(program.listener.get())) << "nobody came";
    const os::Fd connection(accept(program.listener.get(), nullptr, nullptr));
    std::array<char, 4096> buffer{};
    ASSERT_TRUE(readable(connection.get()));
    const auto size = recv(connection.get(), buffer.data(), buffer.size(), 0);
    asked_.assign(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    send(connection.get(), says.data(), says.size(), MSG_NOSIGNAL);
  }

  std::string whole_;
  std::string asked_;
  os::Mapping mapping_ =
      std::move(*os::Mapping::of(rings_, sizeof(RecordRing), os::Mapping::Access::read_write));
};

TEST_F(ReplaysTest, GoToTheGenerationThatServes) {
  begin();
  const FakeProgram program = serve_first();
  record_one("GET", 500);
  const auto lines = replay("ids=1", &program, "HTTP/1.1 200 OK\r\n\r\nplanted-two");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("outcome"), "fixed");
  EXPECT_EQ(lines[0].at("status"), 500);
  EXPECT_EQ(lines[0].at("now").at("status"), 200);
  EXPECT_EQ(lines[1].at("sent"), 1);
  EXPECT_EQ(lines[1].at("failing"), 0);
  EXPECT_NE(asked_.find("GET /pay?token=planted-one HTTP/1.1\r\n"), std::string::npos);
  EXPECT_NE(asked_.find("Cookie: sid=planted-two\r\n"), std::string::npos);
  EXPECT_NE(asked_.find("Livefix-Replay: 1\r\n"), std::string::npos);
  EXPECT_EQ(whole_.find("planted"), std::string::npos) << whole_;
}

TEST_F(ReplaysTest, TellTheWholeOfOneWithoutSecrets) {
  begin();
  const FakeProgram program = serve_first();
  record_one("GET", 500);
  const auto lines = replay("ids=1&whole=true", &program, "HTTP/1.1 200 OK\r\n\r\nplanted-two");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("exchange").at("answer").at("body").at("text"), "[redacted]");
  EXPECT_EQ(whole_.find("planted"), std::string::npos) << whole_;
  EXPECT_TRUE(ask(http("POST", "/v1/replay?ids=1,2&whole=true")).starts_with("HTTP/1.1 400 "));
}

TEST_F(ReplaysTest, SendOtherMethodsWhenToldTo) {
  begin();
  const FakeProgram program = serve_first();
  record_one("POST", 500);
  const auto refused = replay("ids=1", nullptr);
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].at("outcome"), "not_sent");
  EXPECT_EQ(refused[1].at("not_sent"), 1);
  const auto sent = replay("ids=1&any_method=true", &program, "HTTP/1.1 500 Oh\r\n\r\noh");
  EXPECT_EQ(sent.at(0).at("outcome"), "fails_alike");
}

TEST_F(ReplaysTest, RefuseWhatCannotBe) {
  begin();
  record_one("GET", 500);
  const auto answer = [this](const char* query) {
    return ask(http("POST", std::string("/v1/replay?") + query));
  };
  EXPECT_NE(answer("ids=1").find("shop does not serve now"), std::string::npos);
  const FakeProgram program = serve_first();
  EXPECT_NE(answer("ids=1&to=candidate").find("no new shop is being proven"), std::string::npos);
  EXPECT_TRUE(answer("").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(answer("ids=1,x").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(answer("ids=1&to=there").starts_with("HTTP/1.1 400 "));
  EXPECT_NE(answer("ids=1&to=http://192.0.2.1:3000").find("--elsewhere"), std::string::npos);
  EXPECT_NE(answer("ids=7").find("it is not kept"), std::string::npos);
  std::string many = "ids=1";
  for (int i = 2; i < 503; ++i) many += fmt::format(",{}", i);
  EXPECT_NE(answer(many.c_str()).find("500 at once is the most"), std::string::npos);
}

}  // namespace
}  // namespace livefix::control
