#include "proxy/log_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>

namespace livefix::proxy {
namespace {

constexpr std::chrono::seconds kPatience{20};

std::string text_of(const std::array<iovec, 2>& content) {
  std::string text;
  for (const iovec& piece : content) {
    text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  return text;
}

TEST(LogRing, GivesBackWhatWasPutInAlsoAroundItsEnd) {
  LogRing ring(-1, 16);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(ring.append("0123456\n"));
    ASSERT_TRUE(ring.append("abc\n"));
    ASSERT_EQ(text_of(ring.content()), "0123456\nabc\n");
    ring.take(12);
    ASSERT_EQ(ring.size(), 0U);
  }
}

TEST(LogRing, WithoutRoomALineIsCountedAndTheOthersStay) {
  LogRing ring(-1, 16);
  ASSERT_TRUE(ring.append("0123456789\n"));
  EXPECT_FALSE(ring.append("abcdef\n"));
  EXPECT_FALSE(ring.append("abcdef\n"));
  EXPECT_TRUE(ring.append("abcd\n"));  // exactly full
  EXPECT_EQ(ring.dropped(), 2U);
  EXPECT_EQ(text_of(ring.content()), "0123456789\nabcd\n");
}

TEST(LogRing, WakesForTheFirstLineAndAtHalf) {
  auto wake = Mailbox<int>::make_wake();
  ASSERT_TRUE(wake);
  LogRing ring(wake->get(), 64);
  const auto woken = [&] {
    std::uint64_t count = 0;
    return ::read(wake->get(), &count, sizeof count) > 0;
  };
  ring.append("0123456\n");
  EXPECT_TRUE(woken());
  ring.append("0123456\n");
  ring.append("0123456\n");
  EXPECT_FALSE(woken());
  ring.append("0123456\n");
  EXPECT_TRUE(woken());
  ring.append("0123456\n");
  EXPECT_FALSE(woken());
  ring.take(ring.size());
  ring.append("0123456\n");
  EXPECT_TRUE(woken());
}

class LogWriterTest : public ::testing::Test {
 protected:
  LogWriterTest() {
    char name[] = "/tmp/livefix-log-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~LogWriterTest() override {
    writer_.reset();
    std::filesystem::remove_all(directory_);
  }

  void start(std::size_t ring_bytes = LogRing::kUsual) {
    auto writer = LogWriter::start(
        2, AccessLogFormat::json, [this](const LogReport& report) { note(report); }, ring_bytes);
    ASSERT_TRUE(writer);
    writer_ = std::move(*writer);
  }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  os::Fd open(const std::string& name) const {
    return os::Fd(::open(path(name).c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }
  void flush() {
    const auto before = flushes_.load();
    writer_->flush();
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, kPatience, [&] { return flushes_ > before; }));
  }
  LogTrouble next_trouble() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [this] { return !troubles_.empty(); }));
    if (troubles_.empty()) return {};
    LogTrouble trouble = troubles_.front();
    troubles_.erase(troubles_.begin());
    return trouble;
  }

  std::string directory_;
  std::unique_ptr<LogWriter> writer_;

 private:
  void note(const LogReport& report) {
    const std::scoped_lock lock(mutex_);
    if (const auto* trouble = std::get_if<LogTrouble>(&report)) {
      troubles_.push_back(*trouble);
    } else {
      ++flushes_;
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<LogTrouble> troubles_;
  std::atomic<int> flushes_{0};
};

TEST_F(LogWriterTest, WritesByItselfAfterAMoment) {
  start();
  writer_->use(open("log"));
  writer_->ring(0).append("one\n");
  const auto until = Clock::now() + kPatience;
  while (read("log") != "one\n" && Clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(read("log"), "one\n");
}

TEST_F(LogWriterTest, KeepsLinesUntilThereIsAFile) {
  start();
  writer_->ring(0).append("one\n");
  writer_->ring(1).append("two\n");
  flush();  // has no way there, and says so at once
  writer_->use(open("log"));
  flush();
  EXPECT_EQ(read("log"), "one\ntwo\n");
}

TEST_F(LogWriterTest, TheFileBeforeGetsWhatWasBefore) {
  start();
  writer_->use(open("first"));
  flush();
  writer_->ring(0).append("one\n");
  writer_->use(open("second"));
  flush();
  writer_->ring(0).append("two\n");
  flush();
  EXPECT_EQ(read("first"), "one\n");
  EXPECT_EQ(read("second"), "two\n");
}

TEST_F(LogWriterTest, WritesAtItsEnd) {
  start();
  writer_->use(open("log"));
  for (int i = 0; i < 1000; ++i) writer_->ring(i % 2).append("line\n");
  writer_.reset();
  EXPECT_EQ(read("log").size(), 5000U);
}

TEST_F(LogWriterTest, AFullDiskIsToldAndNothingThatHadRoomIsLost) {
  start(1 << 10);
  writer_->use(os::Fd(::open("/dev/full", O_WRONLY | O_CLOEXEC)));
  const std::string line(99, 'x');
  for (int i = 0; i < 15; ++i) writer_->ring(0).append(line + "\n");
  const LogTrouble full = next_trouble();
  EXPECT_EQ(full.reason, "No space left on device");
  EXPECT_FALSE(full.needs_file);
  writer_->use(open("log"));
  const LogTrouble over = next_trouble();
  EXPECT_EQ(over.reason, "");
  EXPECT_EQ(full.dropped + over.dropped, 5U);
  writer_.reset();
  const std::string text = read("log");
  EXPECT_EQ(std::ranges::count(text, '\n'), 11);
  EXPECT_TRUE(text.ends_with("\"lines_missing\":5}\n"));
}

TEST_F(LogWriterTest, APipeWithoutAReaderIsAskedToBeReplaced) {
  start();
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  ::signal(SIGPIPE, SIG_IGN);
  ::close(ends[0]);
  writer_->use(os::Fd(ends[1]));
  writer_->ring(0).append("one\n");
  EXPECT_TRUE(next_trouble().needs_file);
  writer_->use(open("log"));
  EXPECT_EQ(next_trouble().reason, "");
  flush();
  EXPECT_EQ(read("log"), "one\n");
}

// A pipe takes part of a line when it is nearly full: what follows has to be the rest of it.
TEST_F(LogWriterTest, ASlowReaderGetsWholeLinesOfEachWorker) {
  start();
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  const os::Fd reader(ends[0]);
  writer_->use(os::Fd(ends[1]));
  constexpr int kLines = 3000;
  for (int i = 0; i < kLines; ++i) {
    writer_->ring(0).append(std::string(101, 'a') + "\n");
    writer_->ring(1).append(std::string(77, 'b') + "\n");
  }
  std::string text;
  const std::size_t expected = kLines * std::size_t{102 + 78};
  while (text.size() < expected) {
    pollfd ready{reader.get(), POLLIN, 0};
    ASSERT_EQ(poll(&ready, 1, 20'000), 1);
    char bytes[3001];
    const ssize_t size = ::read(reader.get(), bytes, sizeof bytes);
    ASSERT_GT(size, 0);
    text.append(bytes, static_cast<std::size_t>(size));
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    ASSERT_TRUE(line == std::string(101, 'a') || line == std::string(77, 'b')) << line;
  }
}

// As when a file is replaced that took only the beginning of a line.
TEST_F(LogWriterTest, ALineThatWasTornIsWholeInTheNextFile) {
  start();
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  const os::Fd reader(ends[0]);
  const int room = fcntl(ends[1], F_GETPIPE_SZ);
  writer_->use(os::Fd(ends[1]));
  const std::string line(999, 'x');
  const int count = room / 1000 + 3;
  for (int i = 0; i < count; ++i) writer_->ring(0).append(line + "\n");
  pollfd ready{reader.get(), POLLIN, 0};
  ASSERT_EQ(poll(&ready, 1, 20'000), 1);
  writer_->use(open("log"));
  flush();
  std::string piped(static_cast<std::size_t>(2 * room), '\0');
  piped.resize(static_cast<std::size_t>(::read(reader.get(), piped.data(), piped.size())));
  EXPECT_NE(piped.back(), '\n') << "nothing was torn";
  std::istringstream lines(read("log"));
  int whole = 0;
  for (std::string one; std::getline(lines, one); ++whole) ASSERT_EQ(one, line);
  EXPECT_EQ(whole + std::ranges::count(piped, '\n'), count);
}

}  // namespace
}  // namespace livefix::proxy
