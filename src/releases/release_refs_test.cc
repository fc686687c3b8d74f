#include "releases/release_refs.h"

#include "releases/commit_reader.h"
#include "releases/git_fixture.h"

namespace livefix::releases {
namespace {

class ReleaseRefs : public GitFixture {
 protected:
  std::optional<ObjectId> head(const std::string& branch) const {
    const auto result = branch_head(git_, branch);
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : std::nullopt;
  }
};

TEST_F(ReleaseRefs, KeepsAPushedCommitThoughThePushDies) {
  const auto base = commit({{"a", {"1"}}, {"b", {"same"}}});
  const auto pushed = push({{"a", {"2"}}, {"b", {"same"}}, {"c", {std::string(10'000, 'c')}}});
  const auto kept = keep_objects(git_, pushed.quarantine, pushed.commit);
  ASSERT_TRUE(kept) << kept.error().message;
  std::filesystem::remove_all(pushed.quarantine.object_directory);
  ASSERT_TRUE(set_release_ref(git_, "7", pushed.commit));
  EXPECT_TRUE(git_.ask({"fsck", "--full", "--strict", "--connectivity-only"}));
  EXPECT_EQ(git_.ask({"cat-file", "blob", pushed.commit.hex() + ":a"}), "2");
  ASSERT_TRUE(git_.ask({"gc", "--quiet", "--prune=now"}));
  EXPECT_EQ(git_.ask({"cat-file", "blob", pushed.commit.hex() + ":a"}), "2");
  EXPECT_EQ(resolve(git_, "main"), base);
}

TEST_F(ReleaseRefs, KeepsTheFirstPushOfAll) {
  const auto pushed = push({{"a", {"1"}}});
  ASSERT_TRUE(keep_objects(git_, pushed.quarantine, pushed.commit));
  std::filesystem::remove_all(pushed.quarantine.object_directory);
  EXPECT_EQ(git_.ask({"cat-file", "blob", pushed.commit.hex() + ":a"}), "1");
}

TEST_F(ReleaseRefs, KeepsWhatIsThereAlready) {
  const auto present = commit({{"a", {"1"}}});
  const auto pushed = push({{"a", {"2"}}});
  EXPECT_TRUE(keep_objects(git_, pushed.quarantine, present));
  EXPECT_TRUE(keep_objects(git_, pushed.quarantine, pushed.commit));
  EXPECT_TRUE(keep_objects(git_, pushed.quarantine, pushed.commit)) << "twice";
}

TEST_F(ReleaseRefs, SaysThatAPushIsGone) {
  const auto pushed = push({{"a", {"1"}}});
  std::filesystem::remove_all(pushed.quarantine.object_directory);
  const auto kept = keep_objects(git_, pushed.quarantine, pushed.commit);
  ASSERT_FALSE(kept);
  EXPECT_NE(kept.error().message.find("the objects of the push are gone"), std::string::npos);
}

TEST_F(ReleaseRefs, DoesNotKeepACommitThatIsNotInThePush) {
  const auto pushed = push({{"a", {"1"}}});
  EXPECT_FALSE(keep_objects(git_, pushed.quarantine, *ObjectId::parse(std::string(40, 'a'))));
}

TEST_F(ReleaseRefs, NamesReleases) {
  const auto one = commit({{"a", {"1"}}});
  const auto two = commit({{"a", {"2"}}});
  ASSERT_TRUE(set_release_ref(git_, "12", one));
  ASSERT_TRUE(set_release_ref(git_, "12", two)) << "it may move";
  ASSERT_TRUE(set_release_ref(git_, "shop/13", one));
  const auto refs = release_refs(git_);
  ASSERT_TRUE(refs) << refs.error().message;
  ASSERT_EQ(refs->size(), 2U);
  EXPECT_EQ((*refs)[0].name, "12");
  EXPECT_EQ((*refs)[0].commit, two);
  EXPECT_EQ((*refs)[1].name, "shop/13");
  ASSERT_TRUE(delete_release_ref(git_, "12"));
  ASSERT_TRUE(delete_release_ref(git_, "12")) << "and is gone already";
  EXPECT_EQ(release_refs(git_)->size(), 1U);
  for (const char* name : {"", "..", "a..b", "a b", "../../heads/main", "x.lock"}) {
    EXPECT_FALSE(set_release_ref(git_, name, one)) << name;
  }
}

TEST_F(ReleaseRefs, MovesABranchAndSaysWhyInItsReflog) {
  const auto one = commit({{"a", {"1"}}}, "work");
  const auto two = commit({{"a", {"2"}}}, "work");
  EXPECT_EQ(head("main"), std::nullopt);
  ASSERT_TRUE(update_branch(git_, {"main", std::nullopt, one, "made"}));
  const auto moved = update_branch(git_, {"main", one, two, "taken back:\n5 of 10 failed"});
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(head("main"), two);
  const auto log = git_.ask({"reflog", "--format=%gs", "main"});
  EXPECT_EQ(log, "livefix: taken back: 5 of 10 failed\nlivefix: made");
  ASSERT_TRUE(update_branch(git_, {"main", two, std::nullopt, "deleted"}));
  EXPECT_EQ(head("main"), std::nullopt);
}

TEST_F(ReleaseRefs, LeavesABranchThatSomebodyMovedMeanwhile) {
  const auto one = commit({{"a", {"1"}}});
  const auto two = commit({{"a", {"2"}}});
  const auto moved = update_branch(git_, {"main", one, one, "x"});
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().message, "the branch main is at " + two.short_hex() +
                                       ", and was expected to be at " + one.short_hex() +
                                       ": somebody changed it meanwhile; fetch and try again");
  EXPECT_FALSE(update_branch(git_, {"main", std::nullopt, one, "x"})) << "it exists";
  EXPECT_FALSE(update_branch(git_, {"main", one, std::nullopt, "x"}));
  EXPECT_FALSE(update_branch(git_, {"other", one, two, "x"})) << "it does not exist";
  EXPECT_EQ(head("main"), two);
}

}  // namespace
}  // namespace livefix::releases
