// Somebody changes what is on the disk, on purpose or not.
#include "ledger/event_hash.h"
#include "ledger/ledger_harness.h"
#include "ledger/sqlite_connection.h"

namespace livefix::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kEvents = 7;

class Verification : public ::testing::Test {
 protected:
  Verification() {
    Ledger ledger = opened(space_.path());
    fill(ledger, kEvents);
    events_ = events_of(ledger);
  }

  void tamper(const std::string& sql) const {
    auto connection = Connection::open(space_.path(), Connection::Access::read_write);
    ASSERT_TRUE(connection);
    const auto done = connection->execute(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  // What verification says, by whom it is asked.
  std::string problem(std::optional<Head> expected = {}) const {
    const std::string found = problem_of(Ledger::verify_file(space_.path(), expected));
    if (auto ledger = Ledger::open(space_.path())) {
      const std::string by_owner = problem_of(ledger->verify(expected));
      EXPECT_EQ(by_owner, found);
    }
    return found.substr(0, found.find(": its hash"));
  }
  std::string about(const std::string& what) const { return space_.path() + ": " + what; }
  // The hash that the event at `sequence` has now.
  void rehash(std::uint64_t sequence, const std::string& column, const std::string& value) {
    Event event = events_[sequence - 1];
    if (column == "body") event.entry.body = value;
    tamper(fmt::format("UPDATE event SET {} = '{}', hash = x'{}' WHERE sequence = {}", column,
                       value, to_hex(hash_of(event).value()), sequence));
  }
  Head head_at(std::uint64_t sequence) const { return {sequence, events_[sequence - 1].hash}; }

  Workspace space_;
  std::vector<Event> events_;
};

TEST_F(Verification, PassesWhatIsAsItWas) {
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(problem(head_at(kEvents)), "");
  EXPECT_EQ(problem(head_at(3)), "");
  EXPECT_EQ(problem(Head{}), "");
  EXPECT_EQ(Ledger::verify_file(space_.path()).value(), (Verified{kEvents, events_.back().hash}));
}

TEST_F(Verification, NamesTheEventThatWasChangedInAnyField) {
  for (const char* change :
       {"time_ms = time_ms + 1", "kind = 'x'", "actor = actor || 'x'", "actor = 'token cI'",
        "body = '{}'", "body = body || ' '", "previous = zeroblob(32)", "previous = x'00'",
        "hash = zeroblob(32)", "hash = x''"}) {
    SCOPED_TRACE(change);
    const std::string before = space_.read();
    tamper(fmt::format("UPDATE event SET {} WHERE sequence = 4", change));
    EXPECT_EQ(problem(), about("event 4 was changed"));
    space_.write("ledger.db", before);
  }
}

TEST_F(Verification, TakesNoEmptyHashForThatOfZeros) {
  tamper("UPDATE event SET previous = x'' WHERE sequence = 1");
  EXPECT_EQ(problem(), about("event 1 was changed"));
}

TEST_F(Verification, NamesTheEventAfterOneThatWasChangedWithItsHash) {
  rehash(4, "body", "{}");
  EXPECT_NE(problem().find("event 5 does not follow from 4: it was written after one of hash "),
            std::string::npos);
}

TEST_F(Verification, NamesTheEventThatIsMissing) {
  tamper("DELETE FROM event WHERE sequence = 4");
  EXPECT_EQ(problem(), about("event 4 is missing: 5 follows 3"));
}

TEST_F(Verification, NamesTheFirstOfTwoThatWereExchanged) {
  tamper(
      "UPDATE event SET sequence = -4 WHERE sequence = 4;"
      "UPDATE event SET sequence = 4 WHERE sequence = 5;"
      "UPDATE event SET sequence = 5 WHERE sequence = -4");
  EXPECT_EQ(problem(), about("event 4 was changed"));
}

TEST_F(Verification, NamesTheEventThatWasInserted) {
  tamper(
      "UPDATE event SET sequence = -sequence - 1 WHERE sequence >= 4;"
      "UPDATE event SET sequence = -sequence WHERE sequence < 0;"
      "INSERT INTO event SELECT 4, time_ms, kind, actor, body, previous, hash FROM event "
      "WHERE sequence = 3");
  EXPECT_EQ(problem(), about("event 4 was changed"));
}

TEST_F(Verification, SeesAnEndThatWasCutOffByAHeadOfBefore) {
  tamper("DELETE FROM event WHERE sequence > 5");
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(problem(head_at(5)), "");
  EXPECT_EQ(problem(head_at(7)),
            about("event 6 is missing: there were 7 events, and the last one is 5 now"));
}

TEST_F(Verification, SeesALedgerThatWasWrittenAnewByAHeadOfBefore) {
  fs::remove(space_.path());
  {
    Ledger ledger = opened(space_.path());
    Entry entry = entry_of(1);
    entry.actor = "somebody else";
    ASSERT_TRUE(ledger.append(entry, Durability::note));
    fill(ledger, kEvents + 1);
  }
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(problem(head_at(3)), about("event 3 is another than it was"));
}

TEST_F(Verification, OfALiveLedgerSeesWhatItsOwnerWroteAndNoLess) {
  Ledger ledger = opened(space_.path());
  fill(ledger, kEvents + 2);
  EXPECT_EQ(Ledger::verify_file(space_.path(), ledger.head()).value(),
            (Verified{kEvents + 2, ledger.head().hash}));
  tamper("DELETE FROM event WHERE sequence > 8");
  EXPECT_NE(problem_of(ledger.verify()).find("event 9 is missing"), std::string::npos);
}

TEST_F(Verification, OfACopyOfALiveLedgerNeedsItsLog) {
  Ledger ledger = opened(space_.path());
  fill(ledger, kEvents + 2);
  Workspace copy;
  copy.write("ledger.db", space_.read("ledger.db"));
  EXPECT_EQ(Ledger::verify_file(copy.path()).value().events, kEvents);
  copy.write("ledger.db-wal", space_.read("ledger.db-wal"));
  EXPECT_EQ(Ledger::verify_file(copy.path(), ledger.head()).value().events, kEvents + 2);
  EXPECT_EQ(copy.read("ledger.db-wal"), space_.read("ledger.db-wal"));
}

TEST_F(Verification, SeesAnIndexThatLeadsElsewhere) {
  // An entry of the index, whose key is a kind: the last such word is in the events.
  std::string bytes = space_.read();
  const auto at = bytes.rfind("promoted");
  ASSERT_NE(at, std::string::npos);
  std::size_t changed = 0;
  for (std::size_t page = 1; page < bytes.size() / 4096; ++page) {
    if (bytes[page * 4096] != 0x0A) continue;  // a leaf of an index
    const auto word = bytes.find("promoted", page * 4096);
    if (word == std::string::npos || word >= (page + 1) * 4096) continue;
    bytes[word] = 'q';
    ++changed;
  }
  ASSERT_GT(changed, 0U);
  space_.write("ledger.db", bytes);
  EXPECT_NE(problem().find("the events are whole, but what SQLite keeps beside them is not"),
            std::string::npos);
}

TEST_F(Verification, AFoldStopsAtAnEventThatWasChanged) {
  tamper("UPDATE event SET body = '{}' WHERE sequence = 4");
  Ledger ledger = opened(space_.path());
  std::uint64_t last = 0;
  const auto read = ledger.for_each(1, [&](const Event& event) -> Status {
    last = event.sequence;
    return {};
  });
  EXPECT_NE(problem_of(read).find("event 4 was changed"), std::string::npos);
  EXPECT_EQ(last, 3U);
  EXPECT_TRUE(ledger.for_each(5, [](const Event&) -> Status { return {}; }));
  tamper("UPDATE event SET body = '{}' WHERE sequence = 5");
  EXPECT_NE(problem_of(ledger.last_of_kind("promoted")).find("event 5 was changed"),
            std::string::npos);
}

TEST_F(Verification, ALedgerWhoseLastEventWasChangedIsNotOpened) {
  tamper("UPDATE event SET body = '{}' WHERE sequence = 7");
  const std::string problem = problem_of(Ledger::open(space_.path()));
  EXPECT_NE(problem.find("event 7 was changed"), std::string::npos);
  EXPECT_NE(problem.find("; keep a copy of it and of " + space_.path() + "-wal, then put back"),
            std::string::npos)
      << problem;
}

TEST_F(Verification, AFoldSaysWhatToDoWhereAnEventIsMissing) {
  tamper("DELETE FROM event WHERE sequence = 4");
  Ledger ledger = opened(space_.path());
  const auto read = ledger.for_each(1, [](const Event&) -> Status { return {}; });
  EXPECT_EQ(problem_of(read).find(about("event 4 is missing; keep a copy of it")), 0U)
      << problem_of(read);
}

// --- bytes of all kinds --------------------------------------------------------------------------

class Damage : public ::testing::Test {
 protected:
  // A ledger that lives, so that its log is there as well.
  Damage() : ledger_(opened(space_.path())) {
    fill(ledger_, 15);
    EXPECT_TRUE(ledger_.append(entry_of(16), Durability::decision));
    events_ = events_of(ledger_);
    database_ = space_.read("ledger.db");
    log_ = space_.read("ledger.db-wal");
  }

  // Whatever is said, no event is passed that was not written.
  void expect_no_lie(const std::string& database, const std::string& log) const {
    Workspace copy;
    copy.write("ledger.db", database);
    copy.write("ledger.db-wal", log);
    expect_known_head(Ledger::verify_file(copy.path()));
    if (auto ledger = Ledger::open(copy.path())) {
      expect_known_head(ledger->verify());
      (void)ledger->for_each(1, [&](const Event& event) -> Status {
        EXPECT_EQ(event, events_.at(event.sequence - 1));
        return {};
      });
      (void)ledger->last_of_kind("promoted");
      (void)ledger->append(entry_of(99), Durability::decision);
    }
  }
  void expect_known_head(const Result<Verified>& verified) const {
    if (!verified || verified->events == 0) return;
    ASSERT_LE(verified->events, events_.size());
    EXPECT_EQ(verified->last_hash, events_[verified->events - 1].hash);
  }
  static std::string flipped(std::string bytes, std::size_t at) {
    bytes[at] = static_cast<char>(bytes[at] ^ 0xFF);
    return bytes;
  }

  Workspace space_;
  Ledger ledger_;
  std::vector<Event> events_;
  std::string database_;
  std::string log_;
};

TEST_F(Damage, InTheLogIsNoLie) {
  // Each region of 128 bytes at another place in it, and the headers of file and frames whole.
  for (std::size_t at = 0; at < log_.size(); at += at < 64 ? 1 : 113) {
    SCOPED_TRACE(fmt::format("byte {}", at));
    expect_no_lie(database_, flipped(log_, at));
  }
  for (std::size_t size = 0; size < log_.size(); size += 512) {
    SCOPED_TRACE(fmt::format("{} bytes", size));
    expect_no_lie(database_, log_.substr(0, size));
  }
}

TEST_F(Damage, InTheDatabaseIsNoLie) {
  Workspace whole;
  whole.write("ledger.db", database_);
  whole.write("ledger.db-wal", log_);
  {
    opened(whole.path());
  }  // takes the log into the database
  const std::string database = whole.read();
  ASSERT_GE(database.size(), 4U * 4096);
  for (std::size_t at = 0; at < database.size(); at += at < 128 ? 1 : 61) {
    SCOPED_TRACE(fmt::format("byte {}", at));
    expect_no_lie(flipped(database, at), "");
  }
  for (std::size_t size = 0; size < database.size(); size += 512) {
    SCOPED_TRACE(fmt::format("{} bytes", size));
    expect_no_lie(database.substr(0, size), "");
  }
}

}  // namespace
}  // namespace livefix::ledger
