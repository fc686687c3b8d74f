// The disk fails, at every operation in turn. After it, the ledger holds what it said it holds.
#include <sched.h>
#include <sys/mount.h>

#include <array>

#include "ledger/faulty_disk.h"
#include "ledger/ledger_harness.h"

namespace livefix::ledger {
namespace {

// How often power is cut at each place, with other sectors that get to the disk. Sanitizers look at
// the code, which is the same each time.
#ifdef LIVEFIX_SANITIZED
constexpr unsigned kCuts = 2;
#else
constexpr unsigned kCuts = 6;
#endif

// Longer than a page, so that one append is several writes.
Entry long_entry(std::uint64_t number) {
  Entry entry = entry_of(number);
  entry.body.append(9'000, 'y');
  return entry;
}

// The events that a ledger is known to have, by their entries.
class Record {
 public:
  // True when it was appended.
  bool append(Ledger& ledger, const Entry& entry, Durability durability) {
    const Head before = ledger.head();
    const auto appended = ledger.append(entry, durability);
    if (!appended) {
      EXPECT_EQ(ledger.head(), before);
      return false;
    }
    entries_.push_back(entry);
    if (durability == Durability::decision) decided_ = entries_.size();
    EXPECT_EQ(*appended, entries_.size());
    return true;
  }

  void expect_all(Ledger& ledger) const { expect(ledger, entries_.size()); }
  // After a power cut the notes at the end may be missing, and one append more may be there when
  // its answer was lost.
  void expect_decided(Ledger& ledger, const Entry& unanswered) const {
    const auto events = events_of(ledger);
    EXPECT_GE(events.size(), decided_);
    EXPECT_LE(events.size(), entries_.size() + 1);
    for (std::size_t i = 0; i < events.size(); ++i) {
      EXPECT_EQ(events[i].entry, i < entries_.size() ? entries_[i] : unanswered);
    }
    EXPECT_TRUE(ledger.verify()) << problem_of(ledger.verify());
  }

 private:
  void expect(Ledger& ledger, std::size_t count) const {
    const auto events = events_of(ledger);
    ASSERT_EQ(events.size(), count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(events[i].entry, entries_[i]);
    EXPECT_EQ(ledger.verify().value_or(Verified{}).events, count) << problem_of(ledger.verify());
  }

  std::vector<Entry> entries_;
  std::size_t decided_ = 0;
};

// So many notes that the next append has the log copied into the database. Made once, since it
// takes hundreds, and then put into place.
struct LongLog {
  LongLog() {
    const Workspace space;
    Ledger ledger = opened(space.path());
    constexpr std::uintmax_t nearly = 240 * (4096 + 24);
    while (std::filesystem::file_size(space.path("ledger.db-wal")) < nearly) {
      record.append(ledger, entry_of(7), Durability::note);
    }
    database = space.read("ledger.db");
    log = space.read("ledger.db-wal");
  }

  std::string database;
  std::string log;
  Record record;
};

// A ledger with decisions, and notes after them.
Ledger prepared(const Workspace& space, Record& record, bool long_log) {
  if (long_log) {
    static const LongLog kept;
    space.write("ledger.db", kept.database);
    space.write("ledger.db-wal", kept.log);
    record = kept.record;
  }
  Ledger ledger = opened(space.path());
  for (std::uint64_t number = 1; number <= 3 && !long_log; ++number) {
    EXPECT_TRUE(record.append(ledger, long_entry(number), Durability::decision));
  }
  for (std::uint64_t number = 4; number <= 6; ++number) {
    EXPECT_TRUE(record.append(ledger, entry_of(number), Durability::note));
  }
  return ledger;
}

// The append that is struck; with a long log long enough to have it copied.
Entry next_entry(bool long_log) {
  Entry entry = long_entry(8);
  if (long_log) entry.body.append(60'000, 'y');
  return entry;
}

struct Injection {
  Fault fault = Fault::none;
  bool lasts = false;
  Durability durability = Durability::decision;
  bool long_log = false;
};

std::string name_of(const ::testing::TestParamInfo<Injection>& injection) {
  constexpr std::array names = {"None", "Full", "Error", "Sync", "Power", "Kill"};
  const Injection& how = injection.param;
  return fmt::format("{}{}{}{}", names[static_cast<std::size_t>(how.fault)],
                     how.lasts ? "ForLong" : "", how.durability == Durability::note ? "OfNote" : "",
                     how.long_log ? "OfLongLog" : "");
}

class EveryFault : public ::testing::TestWithParam<Injection> {};

TEST_P(EveryFault, OfAnAppendLeavesTheLedgerWhole) {
  const Injection how = GetParam();
  bool struck = true;
  std::size_t failures = 0;
  std::size_t operation = 0;
  while (struck && !HasFailure()) {
    SCOPED_TRACE(fmt::format("operation {}", ++operation));
    Workspace space;
    FaultyDisk disk;
    Record record;
    {
      Ledger ledger = prepared(space, record, how.long_log);
      disk.break_at(operation, how.fault, how.lasts);
      if (!record.append(ledger, next_entry(how.long_log), how.durability)) ++failures;
      struck = disk.has_struck();
      if (how.lasts && struck && how.fault != Fault::io_error) {
        record.append(ledger, long_entry(9), Durability::decision);
        record.expect_all(ledger);  // what is there can be read, also then
      }
      disk.repair();
      record.expect_all(ledger);
      EXPECT_TRUE(record.append(ledger, long_entry(10), Durability::decision));
      EXPECT_TRUE(record.append(ledger, long_entry(11), Durability::note));
      record.expect_all(ledger);
    }
    Ledger again = opened(space.path());
    record.expect_all(again);
  }
  EXPECT_GT(failures, 0U);
  // The log, and where that is copied once more, and the database.
  if (how.fault == Fault::sync && !how.lasts) {
    EXPECT_EQ(operation - 1, how.long_log ? 3U : 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Disk, EveryFault,
    ::testing::Values(Injection{Fault::full}, Injection{Fault::full, true},
                      Injection{Fault::full, false, Durability::note},
                      Injection{Fault::full, true, Durability::decision, true},
                      Injection{Fault::io_error}, Injection{Fault::io_error, true},
                      Injection{Fault::io_error, false, Durability::note},
                      Injection{Fault::io_error, false, Durability::decision, true},
                      Injection{Fault::sync}, Injection{Fault::sync, true},
                      Injection{Fault::sync, false, Durability::decision, true}),
    name_of);

class EveryFaultAndPowerCut : public ::testing::TestWithParam<Injection> {};

// A sync that succeeds says nothing of what an earlier one failed to bring to the disk.
TEST_P(EveryFaultAndPowerCut, TakesNothingBeforeTheNextDecision) {
  const Injection how = GetParam();
  bool struck = true;
  for (std::size_t operation = 1; struck && !HasFailure(); ++operation) {
    for (unsigned seed = 0; seed < kCuts / 2; ++seed) {
      SCOPED_TRACE(fmt::format("operation {}, seed {}", operation, seed));
      Workspace space;
      FaultyDisk disk;
      Record record;
      {
        Ledger ledger = prepared(space, record, how.long_log);
        disk.break_at(operation, how.fault);
        record.append(ledger, next_entry(how.long_log), how.durability);
        struck = disk.has_struck();
        disk.repair();
        // This one says of all before it that they are on the disk.
        EXPECT_TRUE(record.append(ledger, long_entry(10), Durability::decision));
        disk.break_at(1, Fault::power);
      }
      disk.cut_power(seed);
      Ledger again = opened(space.path());
      record.expect_all(again);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Disk, EveryFaultAndPowerCut,
    ::testing::Values(Injection{Fault::full}, Injection{Fault::io_error}, Injection{Fault::sync},
                      Injection{Fault::io_error, false, Durability::note},
                      Injection{Fault::sync, false, Durability::decision, true},
                      Injection{Fault::sync, false, Durability::note, true}),
    name_of);

// Power fails at every write and sync of an append, after a sync that failed or without one.
class EveryPowerCut : public ::testing::TestWithParam<Injection> {};

TEST_P(EveryPowerCut, LosesNoDecisionAndDamagesNothing) {
  const Injection how = GetParam();
  bool struck = true;
  for (std::size_t operation = 1; struck && !HasFailure(); ++operation) {
    for (unsigned seed = 0; seed < (how.long_log ? (kCuts + 2) / 3 : kCuts); ++seed) {
      SCOPED_TRACE(fmt::format("operation {}, seed {}", operation, seed));
      Workspace space;
      FaultyDisk disk;
      Record record;
      const Entry entry = next_entry(how.long_log);
      {
        Ledger ledger = prepared(space, record, how.long_log);
        if (how.fault == Fault::sync) {
          disk.break_at(1, Fault::sync, false, operation);
        } else {
          disk.break_at(operation, Fault::power);
        }
        record.append(ledger, entry, how.durability);
      }  // what it does when it closes is struck as well
      struck = disk.has_struck();
      disk.cut_power(seed);
      Ledger again = opened(space.path());
      record.expect_decided(again, entry);
      EXPECT_TRUE(again.append(long_entry(9), Durability::decision));
      EXPECT_TRUE(again.verify());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Disk, EveryPowerCut,
    ::testing::Values(Injection{Fault::power}, Injection{Fault::power, false, Durability::note},
                      Injection{Fault::power, false, Durability::decision, true},
                      Injection{Fault::sync}),
    name_of);

TEST(PowerCut, WhileALedgerIsMadeLeavesOneThatCanBeUsed) {
  bool struck = true;
  for (std::size_t operation = 1; struck && !::testing::Test::HasFailure(); ++operation) {
    for (unsigned seed = 0; seed < kCuts; ++seed) {
      SCOPED_TRACE(fmt::format("operation {}, seed {}", operation, seed));
      Workspace space;
      FaultyDisk disk;
      Record record;
      disk.break_at(operation, Fault::power);
      if (auto ledger = Ledger::open(space.path())) {
        record.append(*ledger, long_entry(1), Durability::decision);
      }
      struck = disk.has_struck();
      disk.cut_power(seed);
      Ledger again = opened(space.path());
      record.expect_decided(again, long_entry(1));
    }
  }
}

// A killed livefix leaves notes that only the memory of the machine has. What the next one reads,
// and acts upon, has to stay.
TEST(PowerCut, TakesNothingThatWasReadAfterACrash) {
  Workspace space;
  FaultyDisk disk;
  Record record;
  {
    Ledger ledger = opened(space.path());
    for (std::uint64_t number = 1; number <= 3; ++number) {
      record.append(ledger, long_entry(number), Durability::note);
    }
    disk.break_at(1, Fault::power);  // stands for the kill: nothing is tidied up
  }
  disk.repair();
  {
    Ledger again = opened(space.path());
    record.expect_all(again);
    disk.break_at(1, Fault::power);
  }
  disk.cut_power(0);
  Ledger last = opened(space.path());
  record.expect_all(last);
}

// --- a real disk that is full --------------------------------------------------------------------

constexpr int kNoMount = 77;

int fill_small_disk(const std::string& directory) {
  if (unshare(CLONE_NEWNS) < 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
      mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=2m") < 0) {
    return kNoMount;
  }
  const std::string ballast = directory + "/ballast";
  std::ofstream(ballast) << std::string(512 << 10, 'b');
  {
    Record record;
    Ledger ledger = opened(directory + "/ledger.db");
    Entry entry = entry_of(1);
    entry.body = std::string(20'000, 'x');
    int count = 0;
    while (count < 1000 && record.append(ledger, entry, Durability::decision)) ++count;
    EXPECT_GT(count, 5);
    EXPECT_LT(count, 1000);
    const auto refused = ledger.append(entry, Durability::decision);
    EXPECT_NE(problem_of(refused).find("full; make room on its disk"), std::string::npos)
        << problem_of(refused);
    record.expect_all(ledger);
    std::filesystem::remove(ballast);
    EXPECT_TRUE(record.append(ledger, entry, Durability::decision));
    record.expect_all(ledger);
  }
  EXPECT_TRUE(Ledger::verify_file(directory + "/ledger.db"));
  return ::testing::Test::HasFailure() ? 1 : 0;
}

TEST(SmallDisk, IsFullAndThenHasRoomAgain) {
  Workspace space;
  std::filesystem::create_directory(space.path("disk"));
  const int wait_status = in_child([&] { return fill_small_disk(space.path("disk")); });
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == kNoMount) {
    GTEST_SKIP() << "no small file system can be mounted: it needs root and CAP_SYS_ADMIN";
  }
  EXPECT_EQ(wait_status, 0);
}

}  // namespace
}  // namespace livefix::ledger
