#include "observe/recorder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "observe/observe_harness.h"

namespace livefix::observe {
namespace {

std::string encoded(const RecordFrame& frame) {
  RecordFrameFixed fixed;
  std::string bytes;
  for (const auto piece : encode_record(frame, fixed)) bytes += piece;
  return bytes;
}

std::string failure(std::string_view path, int status = 500, std::size_t body = 0,
                    std::uint16_t service = 0) {
  RecordFrame frame;
  frame.cause = RecordCause::status;
  frame.status = static_cast<std::uint16_t>(status);
  frame.service_index = service;
  const std::string request = fmt::format("GET {} HTTP/1.1\r\nhost: a\r\n\r\n", path);
  const std::string answer = fmt::format("HTTP/1.1 {} Oh\r\ncontent-length: {}\r\n\r\n{}", status,
                                         body, std::string(body, 'b'));
  frame.request = request;
  frame.answer = answer;
  return encoded(frame);
}

std::string sample(std::string_view path) {
  RecordFrame frame;
  frame.status = 200;
  const std::string request = fmt::format("GET {} HTTP/1.1\r\n\r\n", path);
  frame.request = request;
  return encoded(frame);
}

std::vector<std::string> targets(const std::vector<ExchangeRecord>& records) {
  std::vector<std::string> all;
  for (const auto& record : records) all.push_back(record.target);
  return all;
}

using Texts = std::vector<std::string>;

TEST(Recorder, ListsTheNewestFirst) {
  Memory memory(1 << 20);
  Recorder recorder(memory.bytes(), {1 << 20});
  recorder.add(failure("/one"));
  recorder.add(sample("/two"));
  recorder.add(failure("/three", 502));
  EXPECT_EQ(targets(recorder.newest({}, 10)), (Texts{"/three", "/two", "/one"}));
  EXPECT_EQ(targets(recorder.newest({}, 1)), Texts{"/three"});
  RecordFilter filter;
  filter.status = 502;
  EXPECT_EQ(targets(recorder.newest(filter, 10)), Texts{"/three"});
  filter = {};
  filter.failures_only = true;
  EXPECT_EQ(targets(recorder.newest(filter, 10)), (Texts{"/three", "/one"}));
  filter = {};
  filter.cause = RecordCause::healthy;
  EXPECT_EQ(targets(recorder.newest(filter, 10)), Texts{"/two"});
  filter = {};
  filter.route = "/one";
  EXPECT_EQ(targets(recorder.newest(filter, 10)), Texts{"/one"});
  EXPECT_EQ(recorder.kept(), 3U);
}

TEST(Recorder, FindsOneByItsId) {
  Memory memory(1 << 20);
  Recorder recorder(memory.bytes(), {1 << 20});
  recorder.add(failure("/cart/17?x=1", 500, 5));
  const auto listed = recorder.newest({}, 1);
  ASSERT_EQ(listed.size(), 1U);
  const auto found = recorder.find(listed[0].id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->method, "GET");
  EXPECT_EQ(found->target, "/cart/17?x=1");
  EXPECT_EQ(found->route, "/cart/:id");
  EXPECT_EQ(found->answer.first_line, "HTTP/1.1 500 Oh");
  EXPECT_EQ(found->answer.body, "bbbbb");
  EXPECT_EQ(found->request.field("host"), "a");
  EXPECT_FALSE(recorder.find(99));
}

// One failure comes ten thousand times; the others, which came before it, are still there.
TEST(Recorder, KeepsTheRareOnesInAStorm) {
  Memory memory(1 << 20);
  Recorder recorder(memory.bytes(), {1 << 20});
  for (int i = 0; i < 5; ++i)
    recorder.add(failure(fmt::format("/rare{}", static_cast<char>('a' + i))));
  recorder.add(sample("/healthy"));
  for (int i = 0; i < 10'000; ++i) recorder.add(failure(fmt::format("/storm/{}", i), 500, 200));
  EXPECT_GT(recorder.forgotten(), 8000U);
  const auto all = targets(recorder.newest({}, 10'000));
  EXPECT_EQ(all.front(), "/storm/9999");
  for (const auto* rare : {"/rarea", "/raree", "/healthy"}) {
    EXPECT_EQ(std::ranges::count(all, rare), 1) << rare;
  }
  EXPECT_EQ(recorder.kept(), all.size());
}

TEST(Recorder, GivesEachServiceItsShare) {
  Memory memory(2 << 20);
  Recorder recorder(memory.bytes(), {1 << 20, 1 << 20});
  recorder.add(failure("/quiet", 500, 0, 1));
  for (int i = 0; i < 5000; ++i) recorder.add(failure("/loud", 500, 500, 0));
  RecordFilter filter;
  filter.service_index = 1;
  EXPECT_EQ(targets(recorder.newest(filter, 10)), Texts{"/quiet"});
}

TEST(Recorder, GoesOnWhereTheOneBeforeWasKilled) {
  Memory memory(1 << 20);
  std::uint64_t id = 0;
  {
    Recorder first(memory.bytes(), {1 << 20});
    first.add(failure("/one"));
    first.add(sample("/two"));
    id = first.newest({}, 1)[0].id;
  }
  Recorder second(memory.bytes(), {1 << 20});
  EXPECT_EQ(targets(second.newest({}, 10)), (Texts{"/two", "/one"}));
  second.add(failure("/three"));
  EXPECT_GT(second.newest({}, 1)[0].id, id);
  for (int i = 0; i < 5000; ++i) second.add(failure("/storm", 503, 500));
  EXPECT_EQ(second.newest({}, 10'000).back().target, "/one") << "kinds are known again, too";
}

TEST(Recorder, PassesOverWhatIsNoRecord) {
  Memory memory(1 << 20);
  Recorder recorder(memory.bytes(), {1 << 20});
  recorder.add("nonsense");
  recorder.add(failure("/", 500, 0, 7));
  recorder.add(failure("/large", 500, 2 << 20));
  EXPECT_EQ(recorder.refused(), 3U);
  EXPECT_EQ(recorder.kept(), 0U);
}

TEST(ExchangeRecord, TakesChunksOff) {
  RecordFrame frame;
  frame.request =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  frame.answer = "HTTP/1.1 500 Oh\r\ntransfer-encoding: gzip, chunked\r\n\r\n5\r\nabc";
  const auto record = parse_exchange(1, frame);
  EXPECT_EQ(record.request.body, "abcde");
  EXPECT_EQ(record.answer.body, "abc") << "though it is cut";
}

TEST(ExchangeRecord, HasItsTrace) {
  const std::string_view valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  RecordFrame frame;
  frame.trace_begins = true;
  for (const std::string_view name : {"traceparent: ", "Traceparent:", "TRACEPARENT:\t"}) {
    const auto request = fmt::format("GET / HTTP/1.1\r\nA: b\r\n{}{}\r\n\r\n", name, valid);
    frame.request = request;
    EXPECT_EQ(parse_exchange_briefly(1, frame).traceparent, valid) << name;
    EXPECT_TRUE(parse_exchange_briefly(1, frame).trace_begins);
  }
  for (const std::string_view line :
       {"traceparent: x", "traceparent:", "traceparent", "\r\ntraceparent: ", "xtraceparent: "}) {
    const auto request = fmt::format("GET / HTTP/1.1\r\n{}", line);
    frame.request = request;
    EXPECT_EQ(parse_exchange_briefly(1, frame).traceparent, "") << line;
  }
  const auto body = fmt::format("POST / HTTP/1.1\r\n\r\ntraceparent: {}\r\n\r\n", valid);
  frame.request = body;
  EXPECT_EQ(parse_exchange_briefly(1, frame).traceparent, "") << "that is no field";
}

TEST(ExchangeRecord, IsMadeOfAnything) {
  for (const std::string_view bytes :
       {"", "\r\n", "GET", "\r\n\r\n\r\n", ": :\r\n:", "GET / HTTP"}) {
    RecordFrame frame;
    frame.request = frame.answer = bytes;
    EXPECT_EQ(parse_exchange(1, frame).id, 1U);
    EXPECT_FALSE(kind_of(frame).empty());
  }
}

TEST(Recorder, ALineThatWasNotedIsThereForTheNextOne) {
  Memory memory(1 << 20);
  {
    Recorder recorder(memory.bytes(), {1 << 20});
    const auto id = recorder.add(failure("/one", 500, 5'000));
    EXPECT_EQ(recorder.add("nonsense"), 0U);
    recorder.note_line(*recorder.find(id), "Error: oh");
    recorder.add(failure("/two"));
    recorder.add(sample("/three"));
    EXPECT_EQ(recorder.find(id)->answer.body.size(), 5'000U);
  }
  const Recorder next(memory.bytes(), {1 << 20});
  std::vector<std::tuple<std::string, bool, std::string>> kept;
  next.for_each_failure([&](const ExchangeRecord& record) {
    kept.emplace_back(record.target, record.joined, record.line);
  });
  EXPECT_EQ(kept, (decltype(kept){{"/one", true, "Error: oh"}, {"/two", false, ""}}));
}

TEST(Recorder, OlderOnesMakeRoomForALine) {
  Memory memory(64 << 10);
  Recorder recorder(memory.bytes(), {64 << 10});
  std::uint64_t last = 0;
  for (int i = 0; i < 100; ++i) last = recorder.add(failure("/", 500, 3'000));
  recorder.note_line(*recorder.find(last), "Error: oh");
  EXPECT_EQ(recorder.find(last)->line, "Error: oh");
  EXPECT_GT(recorder.kept(), 5U);
}

TEST(Recorder, ARecordOfHalfTheMemoryGetsNoLine) {
  Memory memory(64 << 10);
  Recorder recorder(memory.bytes(), {64 << 10});
  const auto id = recorder.add(failure("/", 500, 30'000));
  recorder.note_line(*recorder.find(id), "Error: oh");
  EXPECT_EQ(recorder.find(id)->line, "");
  EXPECT_EQ(recorder.find(id)->answer.body.size(), 30'000U);
}

TEST(Recorder, TheRouteIsTheOneThatWasCounted) {
  RecordFrame frame;
  frame.request = "GET /user/anna HTTP/1.1\r\n\r\n";
  EXPECT_EQ(parse_exchange(1, frame).route, "/user/anna");
  frame.route = "/user/:name";
  EXPECT_EQ(parse_exchange(1, frame).route, "/user/:name");
  frame.route = "/user/\x1b[31m";
  EXPECT_EQ(parse_exchange(1, frame).route, "/user/anna");
}

}  // namespace
}  // namespace livefix::observe
