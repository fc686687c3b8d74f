#include "control/token_records.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/inspection_harness.h"
#include "control/screen_harness.h"
#include "ledger/faulty_disk.h"
#include "os/file_replacement.h"
#include "os/terminal.h"

namespace livefix::control {
namespace {

constexpr auto kAt = "2026-11-26T01:40:00Z";

Token token_of(const std::string& name) {
  return {name, {Scope::push}, Token::digest_of("secret of " + name), kAt};
}

void add(TokenRegister& all, const std::string& name, const std::string& who = "anna") {
  all.tokens.push_back(token_of(name));
  ASSERT_TRUE(all.note(TokenChange::What::add, token_of(name), who, kAt));
}

void remove(TokenRegister& all, const std::string& name, const std::string& who = "anna") {
  std::erase_if(all.tokens, [&](const Token& token) { return token.name == name; });
  ASSERT_TRUE(all.note(TokenChange::What::remove, token_of(name), who, kAt));
}

// --- what is missing -----------------------------------------------------------------------------

class MissingTokenRecords : public ::testing::Test {
 protected:
  // Records what is missing, all or the first `most`: "add ci (push) by anna".
  std::vector<std::string> take(const TokenRegister& file, std::size_t most = 1'000'000) {
    std::vector<std::string> taken;
    for (const TokenRecord& one : missing_token_records(file, book_)) {
      if (taken.size() == most) break;
      book_.enter(one.record, one.who, {});
      taken.push_back(one.record.command + " " + one.record.detail + " by " + one.who);
    }
    return taken;
  }
  // Of a file that does not go on from what is on record, one record says so.
  void expect_break(const TokenRegister& file, const std::string& text, std::size_t changes) {
    const auto taken = take(file);
    ASSERT_EQ(taken.size(), changes + 1);
    EXPECT_TRUE(taken[0].starts_with("token file ")) << taken[0];
    EXPECT_NE(taken[0].find(text), std::string::npos) << taken[0];
    EXPECT_TRUE(taken[0].ends_with(" by livefix")) << taken[0];
    EXPECT_TRUE(take(file).empty()) << "once";
  }

  ReleaseBook book_;
};

using RecordTexts = std::vector<std::string>;

TEST_F(MissingTokenRecords, AreThoseThatAreNotOnRecord) {
  TokenRegister file;
  EXPECT_TRUE(take(file).empty()) << "no file, and none was ever seen";
  add(file, "ci");
  add(file, "web", "bob");
  EXPECT_EQ(take(file),
            (RecordTexts{"token add ci (push) by anna", "token add web (push) by bob"}));
  EXPECT_TRUE(take(file).empty());
  remove(file, "ci");
  EXPECT_EQ(take(file), RecordTexts{"token remove ci (push) by anna"});
}

TEST_F(MissingTokenRecords, GoOnWhereItWasInterrupted) {
  TokenRegister file;
  for (const auto* name : {"a", "b", "c"}) add(file, name);
  EXPECT_EQ(take(file, 1), RecordTexts{"token add a (push) by anna"});
  EXPECT_EQ(take(file), (RecordTexts{"token add b (push) by anna", "token add c (push) by anna"}));
}

TEST_F(MissingTokenRecords, AFileWithoutAJournalIsNoneWhileNoneWasSeen) {
  EXPECT_TRUE(take({{token_of("old")}, {}}).empty());
}

TEST_F(MissingTokenRecords, ARemovedFileIsOnRecord) {
  TokenRegister file;
  add(file, "ci");
  take(file);
  expect_break({}, "removed or replaced: change 1, the last on record, is not in it; it has no", 0);
  TokenRegister anew;
  add(anew, "ci");
  EXPECT_EQ(take(anew), RecordTexts{"token add ci (push) by anna"});
}

TEST_F(MissingTokenRecords, AFileThatWasRemovedAndMadeAnewIsBoth) {
  TokenRegister file;
  add(file, "ci");
  add(file, "web");
  take(file);
  TokenRegister anew;
  add(anew, "other");
  expect_break(anew, "change 2, the last on record, is not in it; it has now other (push)", 1);
}

TEST_F(MissingTokenRecords, ABackupThatWasPutBackIsOnRecord) {
  TokenRegister file;
  add(file, "ci");
  const TokenRegister backup = file;
  remove(file, "ci");
  take(file);
  expect_break(backup,
               "another file was put back: it goes on behind change 1; on record is "
               "change 2; it has now ci (push)",
               0);
  EXPECT_TRUE(take(backup).empty());
  expect_break(file, "another file was put back: it goes on behind change 2; on record is change 1",
               0);
}

TEST_F(MissingTokenRecords, WhatFollowsABackupIsNotTakenForWhatFollowedBefore) {
  TokenRegister file;
  add(file, "ci");
  TokenRegister backup = file;
  remove(file, "ci");
  take(file);
  add(backup, "evil", "bob");  // number 2, once more
  ASSERT_EQ(backup.changes.back().number, file.changes.back().number);
  expect_break(backup, "another file was put back", 1);
}

TEST_F(MissingTokenRecords, ABackupAfterTheFileWasGoneIsOnRecord) {
  TokenRegister file;
  add(file, "ci");
  take(file);
  expect_break({}, "removed", 0);
  expect_break(file, "another file was put back: it goes on behind change 1", 0);
}

TEST_F(MissingTokenRecords, WhatWasDroppedBeforeItWasSeenIsCounted) {
  TokenRegister file;
  add(file, "ci");
  take(file);
  TokenRegister far = file;
  for (std::size_t i = 0; i < kMostTokenChanges; ++i) add(far, "x");
  far.tokens = {token_of("x")};
  EXPECT_EQ(far.changes.front().number, 2U);
  EXPECT_EQ(take(far, 0).size(), 0U);
  EXPECT_EQ(missing_token_records(far, book_).size(), kMostTokenChanges) << "none was dropped";
  add(far, "x");
  add(far, "x");
  far.tokens.resize(1);
  expect_break(far, "2 changes behind change 1 are not in the file any more", kMostTokenChanges);
}

TEST_F(MissingTokenRecords, ABreakIsRecordedOnceWhateverDiesBehindIt) {
  TokenRegister file;
  add(file, "ci");
  TokenRegister backup = file;
  remove(file, "ci");
  take(file);
  add(backup, "a");
  add(backup, "b");
  EXPECT_TRUE(take(backup, 1).at(0).starts_with("token file "));
  EXPECT_EQ(take(backup, 1), RecordTexts{"token add a (push) by anna"});
  EXPECT_EQ(take(backup), RecordTexts{"token add b (push) by anna"});
  TokenRegister late;
  add(late, "x");
  late.changes[0].number = 9;  // the eight before it are gone
  EXPECT_TRUE(take(late, 1).at(0).starts_with("token file "));
  EXPECT_EQ(take(late), RecordTexts{"token add x (push) by anna"});
}

// --- with the ledger -----------------------------------------------------------------------------

class TokenRecordsTest : public testing::InspectionFixture {
 protected:
  void SetUp() override {
    InspectionFixture::SetUp();
    auto channel = os::open_pipe();
    ASSERT_TRUE(channel);
    screen_ = std::move(*channel);
    fcntl(screen_.reader.get(), F_SETFL, O_NONBLOCK);
    open_office();
  }
  void TearDown() override {
    close_office();
    InspectionFixture::TearDown();
  }
  void close_office() {
    records_.reset();
    file_.reset();
    office_.reset();
  }
  // As a control does that follows one which was killed.
  void open_office() {
    close_office();
    auto office = ReleaseOffice::open(context_, run_);
    ASSERT_TRUE(office) << office.error().message;
    office_ = std::move(*office);
    console_.emplace(context_, run_.output, screen_.writer.get(), screen_.writer.get());
    file_.emplace(path("tokens"), [this](const std::string& text) { complaints_.push_back(text); });
    records_.emplace(context_, *office_, *file_, Announcer(run_, *console_), Milliseconds{1});
    records_->begin();
  }
  void save() { ASSERT_TRUE(os::replace_file(path("tokens"), token_register_to_json(all_), 0600)); }
  // Runs timers for a while: until there are so many, or at least a look was made.
  void until_recorded(std::size_t count) {
    for (int turns = 0; turns < 20'000 && recorded().size() < count; ++turns) context_.run_one();
    EXPECT_EQ(recorded().size(), count);
  }
  RecordTexts recorded() {
    RecordTexts all;
    EXPECT_TRUE(office_->ledger().for_each(1, [&](const ledger::Event& event) -> Status {
      const auto record = parse_record(event.entry.kind, event.entry.body);
      const auto& command = std::get<CommandRecord>(**record);
      all.push_back(fmt::format("{} {} by {} at {}", command.command, command.detail,
                                event.entry.actor, command.at));
      return {};
    }));
    return all;
  }
  std::string shown() { return testing::shown_on(*console_, screen_.reader); }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  os::OutputChannel screen_;
  TokenRegister all_;
  std::unique_ptr<ReleaseOffice> office_;
  std::optional<Console> console_;
  std::optional<TokenFile> file_;
  std::optional<TokenRecords> records_;
  std::vector<std::string> complaints_;
};

TEST_F(TokenRecordsTest, TakesWhatWasDoneBeforeItsStartAndWhileItRuns) {
  add(all_, "ci");
  save();
  open_office();
  EXPECT_EQ(recorded(), RecordTexts{"token add ci (push) by anna at 2026-11-26T01:40:00Z"});
  remove(all_, "ci", "bob");
  save();
  until_recorded(2);
  EXPECT_EQ(recorded().back(), "token remove ci (push) by bob at 2026-11-26T01:40:00Z");
  EXPECT_TRUE(office_->ledger().verify());
}

TEST_F(TokenRecordsTest, TheNextControlTakesNothingTwice) {
  add(all_, "ci");
  add(all_, "web");
  save();
  open_office();
  open_office();
  EXPECT_EQ(recorded().size(), 2U);
  EXPECT_EQ(shown(), "");
}

TEST_F(TokenRecordsTest, WhoeverComesWithATokenFindsItOnRecord) {
  add(all_, "ci");
  save();
  EXPECT_TRUE(records_->find("secret of ci"));
  EXPECT_EQ(recorded().size(), 1U) << "no timer has run since";
  EXPECT_FALSE(records_->find("no secret"));
}

TEST_F(TokenRecordsTest, NoSecretAndNoDigestIsOnRecord) {
  add(all_, "ci");
  save();
  open_office();
  const std::string tokens = tokens_to_json(all_.tokens);
  const std::string digest = tokens.substr(tokens.find("\"sha256\":\"") + 10, 64);
  EXPECT_TRUE(office_->ledger().for_each(1, [&](const ledger::Event& event) -> Status {
    EXPECT_EQ(event.entry.body.find(digest), std::string::npos);
    EXPECT_EQ(event.entry.body.find("secret"), std::string::npos);
    return {};
  }));
}

TEST_F(TokenRecordsTest, AnotherFileIsSaid) {
  add(all_, "ci");
  save();
  open_office();
  std::filesystem::remove(path("tokens"));
  until_recorded(2);
  EXPECT_NE(shown().find("tokens: it was removed or replaced: change 1"), std::string::npos);
}

TEST_F(TokenRecordsTest, ABrokenFileIsSaidOnceAndWhatFollowsIsTaken) {
  add(all_, "ci");
  ASSERT_TRUE(os::replace_file(path("tokens"), R"({"tokens":[],"changes":[{"id":7}]})", 0600));
  open_office();
  EXPECT_FALSE(records_->find("secret of ci"));
  ASSERT_EQ(complaints_.size(), 1U);
  EXPECT_NE(complaints_[0].find("one of its changes is not as"), std::string::npos);
  EXPECT_TRUE(recorded().empty());
  save();
  until_recorded(1);
}

// A disk that has no room for the ledger.
class TokenRecordsOnAFullDisk : public TokenRecordsTest {
 protected:
  ledger::FaultyDisk disk_;
};

TEST_F(TokenRecordsOnAFullDisk, AreTakenOnceWhenThereIsRoom) {
  add(all_, "ci");
  add(all_, "web");
  save();
  disk_.break_at(1, ledger::Fault::full, true);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(records_->find("secret of ci")) << "it may come in";
  const auto said = shown();
  const auto at = said.find("changes of tokens are not on record yet: the ledger cannot be ");
  ASSERT_NE(at, std::string::npos) << said;
  EXPECT_EQ(said.find("not on record yet", at + 30), std::string::npos) << "once";
  disk_.repair();
  EXPECT_TRUE(recorded().empty());
  until_recorded(2);
  open_office();
  EXPECT_EQ(recorded().size(), 2U);
}

// The second of two fails, and control dies before it is tried again.
TEST_F(TokenRecordsOnAFullDisk, ADeathBetweenTwoChangesLosesAndRepeatsNone) {
  add(all_, "ci");
  save();
  ASSERT_TRUE(records_->find("secret of ci"));
  add(all_, "web");
  save();
  disk_.break_at(1, ledger::Fault::full, true);
  ASSERT_TRUE(records_->find("secret of web"));
  EXPECT_EQ(recorded().size(), 1U);
  disk_.repair();
  open_office();
  EXPECT_EQ(recorded(), (RecordTexts{"token add ci (push) by anna at 2026-11-26T01:40:00Z",
                                     "token add web (push) by anna at 2026-11-26T01:40:00Z"}));
}

}  // namespace
}  // namespace livefix::control
