#include "control/push_request.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using namespace std::string_literals;

const std::string kOldCommit(40, 'a');
const std::string kNewCommit(40, 'b');
const std::string kNone(40, '0');

std::string update(const std::string& before, const std::string& after, const std::string& ref) {
  return fmt::format(R"({{"before":"{}","after":"{}","ref":"{}"}})", before, after, ref);
}

std::string push(const std::string& updates, const std::string& more = "") {
  return fmt::format(R"({{"updates":[{}]{}}})", updates, more);
}

PushMeaning meaning(const std::string& updates) {
  const auto parsed = parse_push(push(updates));
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? meaning_of(*parsed, "main") : PushMeaning{Refuses{}};
}

TEST(PushRequest, ReadsWhatTheHookSays) {
  const auto parsed = parse_push(push(update(kOldCommit, kNewCommit, "refs/heads/main"),
                                      R"(,"pusher":"anna","GIT_OBJECT_DIRECTORY":"/a",)"
                                      R"("GIT_ALTERNATE_OBJECT_DIRECTORIES":"/b",)"
                                      R"("GIT_QUARANTINE_PATH":"/c")"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->updates.size(), 1U);
  EXPECT_EQ(parsed->pusher, "anna");
  ASSERT_TRUE(parsed->quarantine);
  EXPECT_EQ(parsed->quarantine->object_directory, "/a");
  EXPECT_EQ(parsed->quarantine->alternate_directories, "/b");
  EXPECT_EQ(parsed->quarantine->quarantine_path, "/c");
}

TEST(PushRequest, RefusesWhatIsNone) {
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"updates":[]})"),
        push(update("a", kNewCommit, "refs/heads/main")),
        push(update(kOldCommit, kNewCommit, "main")),
        push(update(kOldCommit, kNewCommit, "refs/heads/a\\nb")), push("3"),
        push(update(kOldCommit, kNewCommit, "refs/heads/main"),
             R"(,"GIT_QUARANTINE_PATH":"relative")")}) {
    EXPECT_FALSE(parse_push(text)) << text;
  }
}

std::string with_options(const std::string& options) {
  return push(update(kOldCommit, kNewCommit, "refs/heads/main"),
              fmt::format(R"(,"options":[{}])", options));
}

TEST(PushRequest, ReadsArtifactsOfItsOptions) {
  const std::string one(64, '1');
  const auto parsed =
      parse_push(with_options(R"("livefix.verdict=json","ci.skip","livefix.artifact=bin/b:)" + one +
                              R"(","livefix.artifact=bin/a:)" + one + R"(")"));
  ASSERT_TRUE(parsed) << parsed.error().message;
  const Artifacts expected{{"bin/a", one}, {"bin/b", one}};
  EXPECT_EQ(parsed->artifacts, expected);
  for (const std::string& options :
       {R"("livefix.artifact=bin/a:1")"s, R"("livefix.artifact=../a:)" + one + R"(")",
        R"("livefix.artefact=a:)" + one + R"(")", "3"s}) {
    EXPECT_FALSE(parse_push(with_options(options))) << options;
  }
}

TEST(PushRequest, ARefOfItsOwnAsksForTheBranchOnceMore) {
  const auto again = meaning(update(kNone, kNewCommit, "refs/rollout/one"));
  const auto* rolls_out = std::get_if<RollsOut>(&again);
  ASSERT_TRUE(rolls_out);
  EXPECT_EQ(rolls_out->update.ref, "refs/heads/main");
  EXPECT_EQ(rolls_out->update.after.hex(), kNewCommit);
  EXPECT_TRUE(rolls_out->update.repeats());
  const auto mixed = meaning(update(kNone, kNewCommit, "refs/rollout/one") + "," +
                             update(kOldCommit, kNewCommit, "refs/heads/main"));
  EXPECT_TRUE(std::holds_alternative<Refuses>(mixed));
  EXPECT_TRUE(
      std::holds_alternative<Stores>(meaning(update(kOldCommit, kNone, "refs/rollout/one"))));
}

TEST(PushRequest, ACommitForTheLiveBranchIsToRun) {
  const auto what = meaning(update(kOldCommit, kNewCommit, "refs/heads/main"));
  ASSERT_TRUE(std::holds_alternative<RollsOut>(what));
  EXPECT_EQ(std::get<RollsOut>(what).update.after.hex(), kNewCommit);
  EXPECT_FALSE(std::get<RollsOut>(what).update.creates());
}

TEST(PushRequest, ATagBesideItGoesWithIt) {
  const auto what = meaning(update(kNone, kNewCommit, "refs/tags/v1") + "," +
                            update(kOldCommit, kNewCommit, "refs/heads/main"));
  ASSERT_TRUE(std::holds_alternative<RollsOut>(what));
  EXPECT_EQ(std::get<RollsOut>(what).update.ref, "refs/heads/main");
}

TEST(PushRequest, OtherBranchesAndTagsAreStored) {
  EXPECT_TRUE(
      std::holds_alternative<Stores>(meaning(update(kNone, kNewCommit, "refs/heads/topic"))));
  EXPECT_TRUE(std::holds_alternative<Stores>(meaning(update(kNone, kNewCommit, "refs/tags/v1"))));
  EXPECT_TRUE(
      std::holds_alternative<Stores>(meaning(update(kOldCommit, kNone, "refs/heads/topic"))));
}

TEST(PushRequest, WhatRunsCannotBeDeleted) {
  const auto what = meaning(update(kOldCommit, kNone, "refs/heads/main"));
  ASSERT_TRUE(std::holds_alternative<Refuses>(what));
  EXPECT_NE(std::get<Refuses>(what).reason.find("cannot be deleted"), std::string::npos);
}

TEST(PushRequest, LivefixsOwnRefsAreNobodysElse) {
  const auto what = meaning(update(kNone, kNewCommit, "refs/livefix/releases/x"));
  EXPECT_TRUE(std::holds_alternative<Refuses>(what));
}

}  // namespace
}  // namespace livefix::control
