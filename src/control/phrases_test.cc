#include "control/phrases.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace livefix::control {
namespace {

using namespace std::chrono_literals;

TEST(Phrases, Endings) {
  EXPECT_EQ(ended_text(3 << 8), "exited with 3");
  EXPECT_EQ(ended_text(SIGSEGV), "was killed by SIGSEGV");
  EXPECT_EQ(ended_text(SIGABRT | 0x80), "was killed by SIGABRT") << "with a core dump";
}

TEST(Phrases, Urls) {
  EXPECT_EQ(url_of(Address::any_ipv4(3000)), "http://localhost:3000");
  EXPECT_EQ(url_of(Address::any_ipv6(80)), "http://localhost");
  EXPECT_EQ(url_of(Address::any_ipv6(443), "https"), "https://localhost");
  EXPECT_EQ(url_of(Address::any_ipv6(80), "tcp"), "tcp://localhost:80");
  EXPECT_EQ(url_of(Address::ipv4(192, 0, 2, 1, 81)), "http://192.0.2.1:81");
  EXPECT_EQ(url_of(*Address::parse_ip("2001:db8::1", 82)), "http://[2001:db8::1]:82");
  EXPECT_EQ(urls_of({Address::any_ipv4(3000), Address::any_ipv6(3000)}).size(), 1U);
}

TEST(Phrases, UrlsOfWhatIsToldApart) {
  const auto url = [](std::vector<std::string> hosts, std::vector<std::string> paths) {
    return url_of(Address::any_ipv4(3000), TrafficMatch{std::move(hosts), std::move(paths)});
  };
  EXPECT_EQ(url({}, {}), "http://localhost:3000");
  EXPECT_EQ(url({"*.b.test", "a.test"}, {"/api", "/x"}), "http://a.test:3000/api");
  EXPECT_EQ(url({"*.b.test"}, {"/"}), "http://localhost:3000");
}

TEST(Phrases, APortOfAnotherService) {
  ServiceSpec service;
  const Narrator narrator{service, [](std::uint16_t) { return std::string("livefix"); }};
  EXPECT_EQ(narrator.port_text(Address::any_ipv4(3000), EADDRINUSE, "shop"),
            "port 3000 is the service shop's, and nothing tells requests for the two apart; give "
            "one of them hosts or paths of its own in the configuration file, or another port");
  EXPECT_EQ(sequel_text(StaysDown{true}),
            "the other services go on, and a save or livefix reload tries again");
  EXPECT_EQ(sequel_text(StaysDown{false}),
            "the other services go on, and livefix reload tries again");
}

TEST(Phrases, Causes) {
  const auto saved = [](std::vector<std::string> paths) {
    return cause_text({{CauseKind::save, std::move(paths), {}, 1}, saved_release(2)});
  };
  EXPECT_EQ(saved({"src/cart.js"}), "src/cart.js saved");
  EXPECT_EQ(saved({"a", "b", "c", "d"}), "a and 3 more saved");
  EXPECT_EQ(cause_text({{CauseKind::crash, {}, {}, 1}, saved_release(2)}), "restart of dev-2");
}

TEST(Phrases, Failures) {
  ServiceSpec service;
  service.title = "node server.js";
  const Narrator narrator{service, [](std::uint16_t) { return std::string("node (pid 4711)"); }};
  const Attempt first{{CauseKind::first_start, {}, {}, 1}, saved_release(1)};
  const Attempt save{{CauseKind::save, {"a.js"}, {}, 2}, saved_release(2)};
  EXPECT_EQ(
      narrator.failure_text(first, PortTaken{Address::any_ipv4(3000), EADDRINUSE}),
      "port 3000 is taken by node (pid 4711); stop it, or choose another port for this program");
  EXPECT_EQ(narrator.failure_text(first, ExitedEarly{1 << 8, false}),
            "node server.js exited with 1 before it was ready");
  EXPECT_EQ(narrator.failure_text(save, ExitedEarly{SIGSEGV, false}),
            "was killed by SIGSEGV before it was ready");
  EXPECT_EQ(narrator.failure_text(save, ExitedEarly{7 << 8, true, true}),
            "exited with 7 after it was ready");
  EXPECT_TRUE(narrator.failure_text(first, NeverListened{30s})
                  .starts_with("the program did not listen on a TCP port within 30 s; "));
  EXPECT_NE(narrator.failure_text(first, PortTaken{Address::any_ipv4(80), EACCES}).find("1023"),
            std::string::npos);
  GenerationCrashed crash{saved_release(2), UnitId{2}, 1 << 8, 12s,
                          TriesAgain{saved_release(2), 100ms}};
  EXPECT_EQ(narrator.crash_text(crash), "dev-2 crashed (exit 1) after 12 s");
  EXPECT_EQ(sequel_text(crash.sequel), "starting again in 100 ms");
  crash.wait_status = SIGKILL;
  EXPECT_EQ(narrator.crash_text(crash), "dev-2 crashed (killed by SIGKILL) after 12 s");
}

TEST(Phrases, OnlyUtf8GoesIntoJson) {
  const std::string fine = "a\xc3\xa4\xe2\x96\xb2\xf0\x9f\x90\x98";
  EXPECT_EQ(valid_utf8(fine), fine);
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(valid_utf8("\xff"), bad);
  EXPECT_EQ(valid_utf8("x\xc3"), "x" + bad) << "cut off";
  EXPECT_EQ(valid_utf8("\xc0\x80"), bad + bad) << "overlong";
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), bad + bad + bad) << "a surrogate";
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), bad + bad + bad + bad) << "beyond U+10FFFF";
}

TEST(Phrases, SomeOfManyPathsAreNamed) {
  EXPECT_EQ(some_of({"a"}), "a");
  EXPECT_EQ(some_of({"a", "b\nc", "d"}), "a, b\\nc, d");
  EXPECT_EQ(some_of({"a", "b", "c", "d", "e"}), "a, b, c and 2 more");
}

}  // namespace
}  // namespace livefix::control
