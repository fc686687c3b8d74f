#include "model/record_ring.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <thread>

#include "model/record_frame.h"

namespace livefix {
namespace {

struct Ring : ::testing::Test {
  ~Ring() override { close(wake); }
  bool append(std::string_view record) { return writer.append(std::array{record}); }
  std::optional<std::string> take() {
    auto record = reader.next();
    if (record) reader.done();
    return record;
  }
  bool woken() const {
    std::uint64_t count = 0;
    return read(wake, &count, sizeof count) == sizeof count;
  }

  std::unique_ptr<RecordRing> ring = std::make_unique<RecordRing>();
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  RecordRingWriter writer{*ring, wake};
  RecordRingReader reader{*ring};
};

TEST_F(Ring, HandsRecordsOnInOrder) {
  EXPECT_EQ(take(), std::nullopt);
  EXPECT_TRUE(append("one"));
  EXPECT_TRUE(writer.append(std::array<std::string_view, 3>{"t", "", "wo"}));
  EXPECT_TRUE(append(""));
  EXPECT_EQ(take(), "one");
  EXPECT_EQ(take(), "two");
  EXPECT_EQ(take(), "");
  EXPECT_EQ(take(), std::nullopt);
}

TEST_F(Ring, WakesOnceUntilEverythingIsTaken) {
  append("one");
  EXPECT_TRUE(woken());
  append("two");
  EXPECT_FALSE(woken());
  take();
  append("three");
  EXPECT_FALSE(woken());
  take();
  take();
  append("four");
  EXPECT_TRUE(woken());
}

TEST_F(Ring, GoesRoundWithoutLosingAByte) {
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    std::string record(i * 37 % 5000, static_cast<char>('a' + i % 26));
    while (!append(record)) {
      EXPECT_EQ(take(), std::string(next * 37 % 5000, static_cast<char>('a' + next % 26)));
      ++next;
    }
  }
  EXPECT_GT(next, 1000U);
}

TEST_F(Ring, DropsWhatFindsNoRoom) {
  EXPECT_FALSE(append(std::string(RecordRing::kMostOfOne + 1, 'x'))) << "never, of that size";
  const std::string large(RecordRing::kMostOfOne - 8, 'x');
  EXPECT_TRUE(append(large));
  EXPECT_TRUE(append(large));
  EXPECT_FALSE(append("x"));
  EXPECT_EQ(reader.dropped(), 2U);
  take();
  EXPECT_TRUE(append("x"));
}

// Control is killed before it has the record in a safe place: the next one finds it.
TEST_F(Ring, KeepsARecordUntilItsReaderIsDone) {
  append("one");
  append("two");
  EXPECT_EQ(reader.next(), "one");
  RecordRingReader second(*ring);
  EXPECT_EQ(second.next(), "one");
  second.done();
  RecordRingReader third(*ring);
  EXPECT_EQ(third.next(), "two");
}

// A proxy is killed while it writes; the next one knows nothing of it.
TEST_F(Ring, HasNothingOfARecordThatIsNotWhole) {
  append("one");
  std::fill_n(ring->bytes.begin() + RecordRing::space_of(3), 100, '\xff');
  RecordRingWriter second(*ring, wake);
  second.append(std::array<std::string_view, 1>{"two"});
  EXPECT_EQ(take(), "one");
  EXPECT_EQ(take(), "two");
  EXPECT_EQ(take(), std::nullopt);
}

TEST_F(Ring, SurvivesAProxyThatWritesNonsense) {
  for (const std::uint64_t head :
       {std::uint64_t{4}, std::uint64_t{4 * RecordRing::kBytes}, ~std::uint64_t{0}}) {
    ring->head = head;
    EXPECT_EQ(take(), std::nullopt);
    EXPECT_TRUE(append("sense")) << head;
    EXPECT_EQ(take(), "sense") << head;
  }
  const std::uint64_t at = ring->head;
  append("sense");
  ring->bytes[at & (RecordRing::kBytes - 1)] = '\x7f';  // its size is beyond what is there
  EXPECT_EQ(take(), std::nullopt);
  EXPECT_TRUE(append("more"));
  EXPECT_EQ(take(), "more");
  EXPECT_GE(reader.damaged(), 4U);
}

TEST_F(Ring, LosesNothingBetweenThreads) {
  constexpr int kRecords = 50'000;
  std::thread producer([&] {
    for (int i = 0; i < kRecords; ++i) {
      while (!append(std::to_string(i))) std::this_thread::yield();
    }
  });
  int next = 0;
  while (next < kRecords) {
    const auto record = take();
    if (!record) continue;
    EXPECT_EQ(*record, std::to_string(next++));
  }
  producer.join();
}

TEST(RecordFrame, IsTheSameAfterItsWay) {
  RecordFrame frame;
  frame.time = std::chrono::microseconds(1'764'000'000'000'000);
  frame.took = std::chrono::microseconds(1234);
  frame.generation = UnitId{7};
  frame.service_index = 3;
  frame.status = 502;
  frame.cause = RecordCause::backend_closed;
  frame.answer_cut = frame.unfinished = true;
  frame.release = "dev-7";
  frame.detail = "why";
  frame.counted_status = 504;
  frame.route = "/cart/:id";
  frame.line = "Error: oh";
  frame.joined = frame.mirrored = frame.trace_begins = true;
  frame.request = "GET / HTTP/1.1\r\n\r\n";
  RecordFrameFixed fixed;
  std::string bytes;
  for (const auto piece : encode_record(frame, fixed)) bytes += piece;
  EXPECT_EQ(bytes.size(), encoded_size(frame));
  const auto back = decode_record(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->time, frame.time);
  EXPECT_EQ(back->took, frame.took);
  EXPECT_EQ(back->generation, frame.generation);
  EXPECT_EQ(back->service_index, 3);
  EXPECT_EQ(back->status, 502);
  EXPECT_EQ(back->cause, RecordCause::backend_closed);
  EXPECT_TRUE(back->answer_cut && back->unfinished && !back->request_cut);
  EXPECT_EQ(back->release, "dev-7");
  EXPECT_EQ(back->detail, "why");
  EXPECT_EQ(back->counted_status, 504);
  EXPECT_EQ(back->route, "/cart/:id");
  EXPECT_EQ(back->line, "Error: oh");
  EXPECT_TRUE(back->joined && back->mirrored && back->trace_begins);
  EXPECT_EQ(back->request, frame.request);
  EXPECT_EQ(back->answer, "");
  EXPECT_FALSE(decode_record(bytes + "x"));
  EXPECT_FALSE(decode_record(bytes.substr(0, bytes.size() - 1)));
  EXPECT_FALSE(decode_record(""));
}

}  // namespace
}  // namespace livefix
