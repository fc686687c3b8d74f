#include "ledger/ledger.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "ledger/event_hash.h"
#include "ledger/ledger_harness.h"
#include "os/fd.h"

namespace livefix::ledger {
namespace {

namespace fs = std::filesystem;

class LedgerTest : public ::testing::Test {
 protected:
  // As another program would.
  void change_database(const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(space_.path().c_str(), &database), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << message;
    sqlite3_free(message);
    sqlite3_close(database);
  }

  Workspace space_;
};

TEST_F(LedgerTest, IsEmptyWhenItIsMade) {
  Ledger ledger = opened(space_.path());
  EXPECT_EQ(ledger.head(), Head{});
  EXPECT_TRUE(events_of(ledger).empty());
  EXPECT_EQ(ledger.verify().value(), Verified{});
  EXPECT_FALSE(ledger.last_of_kind("promoted").value());
}

TEST_F(LedgerTest, IsForItsOwnerAlone) {
  const mode_t before = umask(0);
  Ledger ledger = opened(space_.path());
  fill(ledger, 1);
  umask(before);
  for (const char* name : {"ledger.db", "ledger.db-wal", "ledger.db-lock"}) {
    struct stat status{};
    ASSERT_EQ(stat(space_.path(name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 07777, 0600U) << name;
  }
}

TEST_F(LedgerTest, NumbersEventsFromOneAndChainsThem) {
  Ledger ledger = opened(space_.path());
  fill(ledger, 3);
  const auto events = events_of(ledger);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].previous, Hash{});
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].sequence, i + 1);
    EXPECT_EQ(events[i].entry, entry_of(i + 1));
    EXPECT_EQ(events[i].hash, hash_of(events[i]).value());
    if (i > 0) {
      EXPECT_EQ(events[i].previous, events[i - 1].hash);
    }
  }
  EXPECT_EQ(ledger.head(), (Head{3, events[2].hash}));
}

TEST_F(LedgerTest, GoesOnWhereItWasLeft) {
  Head before;
  {
    Ledger ledger = opened(space_.path());
    fill(ledger, 5);
    ASSERT_EQ(ledger.append(entry_of(6), Durability::decision).value(), 6U);
    before = ledger.head();
  }
  EXPECT_FALSE(fs::exists(space_.path("ledger.db-wal")));  // the file alone is all of it
  Ledger ledger = opened(space_.path());
  EXPECT_EQ(ledger.head(), before);
  fill(ledger, 8);
  EXPECT_EQ(ledger.verify(before).value(), (Verified{8, ledger.head().hash}));
}

TEST_F(LedgerTest, TakesTheLongestEntryAndRefusesALongerOne) {
  Ledger ledger = opened(space_.path());
  Entry entry = entry_of(1);
  entry.body = std::string(kLongestBody, 'x');
  EXPECT_EQ(ledger.append(entry, Durability::decision).value(), 1U);
  entry.body += "x";
  EXPECT_FALSE(ledger.append(entry, Durability::decision));
  EXPECT_EQ(ledger.head().sequence, 1U);
  EXPECT_EQ(events_of(ledger)[0].entry.body.size(), kLongestBody);
  EXPECT_EQ(ledger.verify().value().events, 1U);
}

TEST_F(LedgerTest, ReadsFromAnySequenceOn) {
  Ledger ledger = opened(space_.path());
  fill(ledger, 9);
  EXPECT_EQ(events_of(ledger, 0).size(), 9U);
  EXPECT_EQ(events_of(ledger, 7).size(), 3U);
  EXPECT_EQ(events_of(ledger, 7)[0].sequence, 7U);
  EXPECT_TRUE(events_of(ledger, 10).empty());
}

TEST_F(LedgerTest, ReadingEndsWithTheFirstErrorOfTheReader) {
  Ledger ledger = opened(space_.path());
  fill(ledger, 9);
  int seen = 0;
  const auto status = ledger.for_each(1, [&](const Event& event) -> Status {
    ++seen;
    if (event.sequence == 4) return fail("enough");
    return {};
  });
  EXPECT_EQ(status.error().message, "enough");
  EXPECT_EQ(seen, 4);
}

TEST_F(LedgerTest, WhoReadsMayAppend) {
  Ledger ledger = opened(space_.path());
  fill(ledger, 3);
  const auto status = ledger.for_each(1, [&](const Event&) -> Status {
    fill(ledger, ledger.head().sequence + 1);
    return {};
  });
  EXPECT_TRUE(status);
  EXPECT_EQ(ledger.head().sequence, 6U);
}

TEST_F(LedgerTest, FindsTheLastOfAKind) {
  Ledger ledger = opened(space_.path());
  fill(ledger, 10);  // kinds go round: change is 3, 6, 9
  EXPECT_EQ(ledger.last_of_kind("change").value()->sequence, 9U);
  EXPECT_EQ(ledger.last_of_kind("promoted").value()->entry, entry_of(8));
  EXPECT_FALSE(ledger.last_of_kind("changes").value());
}

TEST_F(LedgerTest, TheLogDoesNotGrowForEver) {
  Ledger ledger = opened(space_.path());
  Entry entry = entry_of(1);
  entry.body = std::string(300'000, 'x');
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(ledger.append(entry, Durability::note));
  EXPECT_LT(fs::file_size(space_.path("ledger.db-wal")), 2'000'000U);
  EXPECT_EQ(ledger.verify().value().events, 60U);
}

// --- who may open it -----------------------------------------------------------------------------

TEST_F(LedgerTest, HasOneWriter) {
  {
    const Ledger first = opened(space_.path());
    const auto second = Ledger::open(space_.path());
    EXPECT_EQ(problem_of(second),
              fmt::format("{}: the livefix with pid {} writes this ledger; stop that one with "
                          "`livefix stop`, or give this one another directory with LIVEFIX_DIR",
                          space_.path(), getpid()));
  }
  EXPECT_TRUE(Ledger::open(space_.path()));
}

TEST_F(LedgerTest, HasOneWriterByWhateverName) {
  fs::create_directory(space_.path("other"));
  fs::create_symlink(space_.path(), space_.path("other/ledger.db"));
  Ledger first = opened(space_.path());
  EXPECT_FALSE(Ledger::open(space_.path("other/ledger.db")));
  EXPECT_FALSE(Ledger::open(space_.path("other/../ledger.db")));
}

TEST_F(LedgerTest, HasOneWriterAmongProcesses) {
  const Ledger first = opened(space_.path());
  EXPECT_EQ(in_child([&] { return Ledger::open(space_.path()) ? 1 : 0; }), 0);
}

TEST_F(LedgerTest, ARefusedOpenerDoesNotUnlockTheFirst) {
  Ledger first = opened(space_.path());
  EXPECT_FALSE(Ledger::open(space_.path()));
  EXPECT_TRUE(Ledger::verify_file(space_.path()));
  EXPECT_EQ(in_child([&] { return Ledger::open(space_.path()) ? 1 : 0; }), 0);
  fill(first, 2);
  EXPECT_EQ(Ledger::verify_file(space_.path()).value().events, 2U);
}

TEST_F(LedgerTest, NeedsADirectory) {
  EXPECT_EQ(problem_of(Ledger::open(space_.path("none/ledger.db"))),
            space_.path("none/ledger.db") + ": its directory is not there; make it");
  fs::create_directory(space_.path("directory"));
  EXPECT_EQ(problem_of(Ledger::open(space_.path("directory"))),
            space_.path("directory") + ": it is no regular file; name a file in a directory");
}

TEST_F(LedgerTest, RefusesANewerFormat) {
  {
    opened(space_.path());
  }
  change_database("PRAGMA user_version = 2");
  const std::string expected = space_.path() +
                               ": it is a ledger of format 2, and this livefix knows 1; run the "
                               "newer livefix that wrote it";
  EXPECT_EQ(problem_of(Ledger::open(space_.path())), expected);
  EXPECT_EQ(problem_of(Ledger::verify_file(space_.path())), expected);
}

TEST_F(LedgerTest, RefusesWhatIsNoLedgerAndLeavesItAlone) {
  space_.write("ledger.db", "dear diary");
  EXPECT_EQ(problem_of(Ledger::open(space_.path())),
            space_.path() +
                ": file is not a database; it is damaged, or no ledger; move it away, "
                "or put back a copy");
  EXPECT_EQ(space_.read(), "dear diary");

  fs::remove(space_.path());
  change_database("CREATE TABLE event (a)");
  const std::string before = space_.read();
  EXPECT_EQ(problem_of(Ledger::open(space_.path())),
            space_.path() +
                ": it is a database of SQLite, but no ledger of livefix; move it away, "
                "or give livefix another directory with LIVEFIX_DIR");
  EXPECT_EQ(space_.read(), before);
}

TEST_F(LedgerTest, RefusesALedgerWithSomethingAdded) {
  {
    opened(space_.path());
  }
  change_database("CREATE TRIGGER t AFTER INSERT ON event BEGIN SELECT 1; END");
  EXPECT_EQ(problem_of(Ledger::open(space_.path())),
            space_.path() +
                ": its tables are not those of a ledger of format 1; somebody changed "
                "them: put back a copy, or move it away");
}

TEST_F(LedgerTest, MakesALedgerOfAnEmptyFile) {
  space_.write("ledger.db", "");  // as a crash leaves it
  EXPECT_EQ(problem_of(Ledger::verify_file(space_.path())),
            space_.path() + ": it is empty, no ledger; name the ledger.db of a livefix");
  Ledger ledger = opened(space_.path());
  fill(ledger, 1);
  EXPECT_EQ(problem_of(Ledger::verify_file(space_.path("none"))),
            space_.path("none") + ": there is no such file; name the ledger.db of a livefix");
}

TEST_F(LedgerTest, DoesNotDropALogThatLostItsDatabase) {
  Workspace other;
  {
    Ledger ledger = opened(space_.path());
    fill(ledger, 3);
    other.write("ledger.db-wal", space_.read("ledger.db-wal"));
  }
  EXPECT_NE(problem_of(Ledger::open(other.path())).find("has events of it; put back the copy"),
            std::string::npos);
  EXPECT_GT(fs::file_size(other.path("ledger.db-wal")), 0U);
}

// --- when others touch it ------------------------------------------------------------------------

TEST_F(LedgerTest, DoesNotAppendToAFileThatWasRemoved) {
  Ledger ledger = opened(space_.path());
  fill(ledger, 2);
  fs::rename(space_.path(), space_.path("away"));
  EXPECT_NE(problem_of(ledger.append(entry_of(3), Durability::decision)).find("it was removed"),
            std::string::npos);
  fs::rename(space_.path("away"), space_.path());
  EXPECT_TRUE(ledger.append(entry_of(3), Durability::decision));
}

TEST_F(LedgerTest, DoesNotAppendAfterWhatSomebodyElseWrote) {
  Ledger ledger = opened(space_.path());
  fill(ledger, 2);
  change_database("INSERT INTO event VALUES (3, 1, 'a', 'b', 'c', x'00', x'00')");
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_FALSE(ledger.append(entry_of(3), Durability::decision));
  }
  EXPECT_NE(
      problem_of(ledger.append(entry_of(3), Durability::decision)).find("its last event is 3"),
      std::string::npos);
}

TEST_F(LedgerTest, AReaderThatStaysDoesNotStopIt) {
  Ledger ledger = opened(space_.path());
  fill(ledger, 2);
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(space_.path().c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM event", nullptr, nullptr, nullptr),
            SQLITE_OK);
  Entry entry = entry_of(3);
  entry.body = std::string(kLongestBody, 'x');
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(ledger.append(entry, Durability::note));
  EXPECT_EQ(ledger.verify().value().events, 12U);
  sqlite3_close(reader);
}

}  // namespace
}  // namespace livefix::ledger
