// The process dies, anywhere. What it had been told was recorded is there.
#include <poll.h>
#include <signal.h>

#include <array>

#include "ledger/faulty_disk.h"
#include "ledger/ledger_harness.h"
#include "os/fd.h"

namespace livefix::ledger {
namespace {

constexpr int kRounds = 50;

Durability durability_of(std::uint64_t number) {
  return number % 3 == 0 ? Durability::note : Durability::decision;
}

// Appends until it is killed, and says each sequence that it got back.
[[noreturn]] void append_for_ever(const std::string& path, int reports) {
  auto ledger = Ledger::open(path);
  while (ledger) {
    const std::uint64_t number = ledger->head().sequence + 1;
    const auto appended = ledger->append(entry_of(number), durability_of(number));
    if (!appended || write(reports, &*appended, sizeof *appended) != sizeof *appended) break;
  }
  _exit(1);
}

// The last that was said before the pipe ends; nothing once `enough` were said, and the child
// killed.
std::uint64_t read_reports(int reports, int enough, pid_t child) {
  std::uint64_t last = 0;
  for (int count = 0;; ++count) {
    if (count == enough) kill(child, SIGKILL);
    std::uint64_t report = 0;
    const ssize_t size = read(reports, &report, sizeof report);
    if (size != sizeof report) return last;
    last = report;
  }
}

TEST(Crash, LosesNothingThatWasAcknowledged) {
  const Workspace space("/tmp");  // a disk, mostly: it is killed while it waits for a sync
  std::uint64_t total = 0;
  for (int round = 0; round < kRounds && !::testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    if (child == 0) append_for_ever(space.path(), ends[1]);
    const os::Fd reports(ends[0]);
    close(ends[1]);
    // Not before it says something, so that each round gets somewhere.
    const std::uint64_t acknowledged = read_reports(reports.get(), 1 + round % 11, child);
    int wait_status = 0;
    ASSERT_EQ(waitpid(child, &wait_status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(wait_status)) << "it ended by itself";

    Ledger ledger = opened(space.path());
    // One more may be there: it was killed before it could say so.
    EXPECT_GE(ledger.head().sequence, acknowledged);
    EXPECT_LE(ledger.head().sequence, acknowledged + 1);
    EXPECT_GT(acknowledged, total);
    const auto verified = ledger.verify();
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->events, ledger.head().sequence);
    total = ledger.head().sequence;
  }
  Ledger ledger = opened(space.path());
  std::uint64_t number = 0;
  for (const Event& event : events_of(ledger)) EXPECT_EQ(event.entry, entry_of(++number));
}

// Killed in the middle of each write and before each sync, from the first of a new ledger on.
TEST(Crash, MayComeAtEveryOperation) {
  constexpr int kAppends = 4;
  bool struck = true;
  std::size_t operation = 0;
  while (struck && !::testing::Test::HasFailure()) {
    SCOPED_TRACE(fmt::format("operation {}", ++operation));
    Workspace space;
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const os::Fd reports(ends[0]);
    os::Fd said(ends[1]);
    const int wait_status = in_child([&] {
      FaultyDisk disk;
      disk.break_at(operation, Fault::kill);
      auto ledger = Ledger::open(space.path());
      for (std::uint64_t number = 1; ledger && number <= kAppends; ++number) {
        const auto appended = ledger->append(entry_of(number), durability_of(number));
        if (!appended || write(said.get(), &*appended, sizeof *appended) != sizeof *appended) {
          return 1;
        }
      }
      return ledger ? 0 : 1;
    });
    said.reset();
    struck = WIFSIGNALED(wait_status);
    if (!struck) {
      EXPECT_EQ(wait_status, 0);
    }
    std::uint64_t acknowledged = 0;
    while (read(reports.get(), &acknowledged, sizeof acknowledged) > 0) {
    }
    Ledger ledger = opened(space.path());
    EXPECT_GE(ledger.head().sequence, acknowledged);
    EXPECT_LE(ledger.head().sequence, acknowledged + 1);
    EXPECT_TRUE(ledger.verify()) << problem_of(ledger.verify());
    fill(ledger, kAppends + 1);
    std::uint64_t number = 0;
    for (const Event& event : events_of(ledger)) EXPECT_EQ(event.entry, entry_of(++number));
  }
  EXPECT_GT(operation, 20U);
}

}  // namespace
}  // namespace livefix::ledger
