#include "control/drift_watch.h"

#include <fcntl.h>

#include <boost/asio/executor_work_guard.hpp>

#include "control/inspection_harness.h"
#include "os/terminal.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;
using releases::ObjectId;
using Kind = releases::DriftedFile::Kind;

class DriftWatchTest : public testing::InspectionFixture {
 protected:
  void SetUp() override {
    InspectionFixture::SetUp();
    open_store();
    commit_.emplace(commit({{"server.js", {"one\n"}}, {"old.js", {"old\n"}}}));
    release_ = lay_out(*commit_);
  }

  std::vector<std::string> drifted() {
    const auto looked = look_for_drift(*store_, {release_}, 1'000);
    EXPECT_TRUE(looked) << looked.error().message;
    return looked ? paths_of(looked->front().files) : std::vector<std::string>{"(failed)"};
  }

  std::optional<ObjectId> commit_;
  RunningRelease release_;
};
using Paths = std::vector<std::string>;

TEST_F(DriftWatchTest, FindsEditsAndShowsThem) {
  EXPECT_EQ(drifted(), Paths{});
  write(file_of(release_, "server.js"), "two\n");
  std::filesystem::remove(file_of(release_, "old.js"));
  write(file_of(release_, "build/out.js"), "of the build");
  const auto looked = look_for_drift(*store_, {release_}, 10'000);
  ASSERT_TRUE(looked);
  EXPECT_EQ(paths_of(looked->front().files), (Paths{"old.js", "server.js"}));
  EXPECT_EQ(name_of(looked->front().files[0].kind), "missing");
  EXPECT_NE(looked->front().diff.text.find("-one\n+two\n"), std::string::npos);
  EXPECT_EQ(look_for_drift(*store_, {release_}, 0)->front().diff.text, "");
}

TEST_F(DriftWatchTest, AdoptsThemOnABranchOfTheirOwn) {
  write(file_of(release_, "server.js"), "two\n");
  for (const char* branch : {"drift/", "drift/"}) {
    const auto adopted = adopt_drift(*store_, {release_}, "", "anna");
    ASSERT_TRUE(adopted) << adopted.error().message;
    const auto& one = adopted->front();
    EXPECT_TRUE(one.branch.starts_with(branch + release_.name));
    const auto parent = releases::read_commit(git_, one.commit);
    ASSERT_TRUE(parent);
    EXPECT_EQ(parent->parents, std::vector{*commit_});
    EXPECT_EQ(parent->author_name, "anna");
    EXPECT_EQ(git_.ask({"show", one.commit.hex() + ":server.js"}).value_or(""), "two");
  }
  EXPECT_TRUE(git_.ask({"rev-parse", "--verify", "refs/heads/drift/" + release_.name + "-2"}));
  EXPECT_EQ(drifted(), Paths{"server.js"}) << "it is not what the release's commit says";
}

TEST_F(DriftWatchTest, AdoptsOnNoBranchThatIsThere) {
  write(file_of(release_, "server.js"), "two\n");
  EXPECT_FALSE(adopt_drift(*store_, {release_}, "main", "anna"));
  EXPECT_TRUE(adopt_drift(*store_, {release_}, "hotfix", "anna"));
  EXPECT_FALSE(adopt_drift(*store_, {release_}, "hotfix", "anna"));
}

TEST_F(DriftWatchTest, RestoresWhatWasCommitted) {
  EXPECT_FALSE(restore_drift(*store_, {release_})) << "there is nothing to restore";
  EXPECT_FALSE(adopt_drift(*store_, {release_}, "", "anna"));
  write(file_of(release_, "server.js"), "two\n");
  std::filesystem::remove(file_of(release_, "old.js"));
  ASSERT_TRUE(restore_drift(*store_, {release_}));
  EXPECT_EQ(read(file_of(release_, "server.js")), "one\n");
  EXPECT_EQ(drifted(), Paths{});
}

TEST_F(DriftWatchTest, EditsAreOutOfAReleaseBeforeItRunsAgain) {
  const auto untouched = put_edits_back(*store_, release_, std::nullopt, true, "anna");
  ASSERT_TRUE(untouched) << untouched.error().message;
  EXPECT_EQ(untouched->files, Paths{});
  write(file_of(release_, "server.js"), "two\n");
  write(file_of(release_, "build/out.js"), "of the build");
  const auto kept = put_edits_back(*store_, release_, std::nullopt, true, "anna");
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(kept->files, Paths{"server.js"});
  EXPECT_EQ(read(file_of(release_, "server.js")), "one\n");
  EXPECT_EQ(read(file_of(release_, "build/out.js")), "of the build");
  EXPECT_EQ(git_.ask({"show", kept->branch + ":server.js"}).value_or(""), "two");
  EXPECT_EQ(text_of(*kept),
            "edited by hand where the release lay, and as committed again: server.js; the edits "
            "are on drift/" +
                release_.name + "-1");
}

TEST_F(DriftWatchTest, EditsInAReleaseThatWasNeverLiveAreGone) {
  std::filesystem::remove(file_of(release_, "old.js"));
  const auto gone = put_edits_back(*store_, release_, std::nullopt, false, "anna");
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_EQ(gone->branch, "");
  EXPECT_EQ(read(file_of(release_, "old.js")), "old\n");
  EXPECT_EQ(drifted(), Paths{});
}

TEST_F(DriftWatchTest, NamesAReleaseThatIsGone) {
  std::filesystem::remove_all(path("releases/" + release_.id));
  const auto looked = look_for_drift(*store_, {release_}, 0);
  ASSERT_FALSE(looked);
  EXPECT_NE(looked.error().message.find(release_.name), std::string::npos);
}

// The office, a screen that can be read, and time that is run by hand.
class DriftWatchLoop : public DriftWatchTest {
 protected:
  void SetUp() override {
    DriftWatchTest::SetUp();
    auto channel = os::open_pipe();
    ASSERT_TRUE(channel);
    screen_ = std::move(*channel);
    fcntl(screen_.reader.get(), F_SETFL, O_NONBLOCK);
    open_office();
    const std::string directory = path("releases/" + release_.id);
    ASSERT_TRUE(office_->record(
        ReleaseRecord{1, commit_->hex(), commit_->short_hex(), directory, "a", "Ada"}, "anna"));
    ASSERT_TRUE(office_->record(PromotedRecord{1, 1, {"shop"}, {}, ""}, "anna"));
  }
  void TearDown() override {
    watch_.reset();
    office_.reset();
    GitFixture::TearDown();
  }
  void open_office() {
    watch_.reset();
    office_.reset();
    auto office = ReleaseOffice::open(context_, run_);
    ASSERT_TRUE(office) << office.error().message;
    office_ = std::move(*office);
    console_.emplace(context_, run_.output, screen_.writer.get(), screen_.writer.get());
    watch_.emplace(context_, *office_, run_, Announcer(run_, *console_), Milliseconds{1});
    watch_->begin();
    looked();
  }
  // Runs until a look has ended that began after this.
  void looked() {
    const auto until = std::make_shared<int>(0);
    for (int looks = 0; looks < 3; ++looks) {
      office_->in_background([](const CommitStore&) { return 0; }, [until](int) { ++*until; });
      while (*until == looks) context_.run_one();
    }
  }
  std::string shown() {
    std::string text(4096, '\0');
    const ssize_t size = ::read(screen_.reader.get(), text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
  }
  std::size_t records() {
    std::size_t count = 0;
    EXPECT_TRUE(office_->ledger().for_each(1, [&](const ledger::Event& event) -> Status {
      if (event.entry.kind == "drift") ++count;
      return {};
    }));
    return count;
  }
  // Turns the loop until the watch has said something, or a record is written.
  void until_records(std::size_t count) {
    for (int turns = 0; turns < 10'000 && records() < count; ++turns) context_.run_one();
    EXPECT_EQ(records(), count);
  }

  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  os::OutputChannel screen_;
  std::unique_ptr<ReleaseOffice> office_;
  std::optional<Console> console_;
  std::optional<DriftWatch> watch_;
};

TEST_F(DriftWatchLoop, TellsNewDriftOnce) {
  EXPECT_EQ(shown(), "");
  write(file_of(release_, "server.js"), "two\n");
  until_records(1);
  const auto line = shown();
  EXPECT_NE(line.find("server.js"), std::string::npos) << line;
  looked();
  EXPECT_EQ(shown(), "");
  EXPECT_EQ(records(), 1U);
  write(file_of(release_, "old.js"), "new\n");
  until_records(2);
  const auto more = shown();
  EXPECT_NE(more.find("old.js"), std::string::npos) << more;
  EXPECT_EQ(more.find("server.js"), std::string::npos) << "that was said";
}

TEST_F(DriftWatchLoop, TellsItAgainWhenItComesBack) {
  write(file_of(release_, "server.js"), "two\n");
  until_records(1);
  shown();
  write(file_of(release_, "server.js"), "one\n");
  until_records(2);
  EXPECT_EQ(shown(), "");
  write(file_of(release_, "server.js"), "two\n");
  until_records(3);
  EXPECT_NE(shown().find("server.js"), std::string::npos);
}

TEST_F(DriftWatchLoop, TheNextControlKnowsWhatWasTold) {
  write(file_of(release_, "server.js"), "two\n");
  until_records(1);
  shown();
  open_office();
  looked();
  EXPECT_EQ(shown(), "");
  EXPECT_EQ(records(), 1U);
}

}  // namespace
}  // namespace livefix::control
