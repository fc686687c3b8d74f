#include "releases/artifact_store.h"

#include <sys/stat.h>

#include "releases/git_fixture.h"
#include "releases/release_store.h"

namespace livefix::releases {
namespace {

namespace fs = std::filesystem;

class ArtifactStoreTest : public GitFixture {
 protected:
  void SetUp() override {
    GitFixture::SetUp();
    ASSERT_TRUE(store().prepare());
  }
  ArtifactStore store() const { return ArtifactStore(path("artifacts")); }
  ReleaseStore releases() const {
    auto opened = ReleaseStore::open(git_, path("releases"), store());
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  // What a push may name from now on.
  Artifact stored(const std::string& at, const std::string& bytes) const {
    Artifact artifact{at, Sha256::of(bytes)};
    auto incoming = store().receive(artifact.sha256, bytes.size());
    EXPECT_TRUE(incoming && incoming->write(bytes) && incoming->finish());
    return artifact;
  }
  std::size_t count() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path("artifacts")), fs::directory_iterator()));
  }
  std::string refusal(const ObjectId& commit, const Artifacts& artifacts) {
    auto refused = releases().lay_out(commit, std::nullopt, artifacts);
    EXPECT_FALSE(refused);
    EXPECT_TRUE(releases().list()->empty());
    return refused ? "" : refused.error().message;
  }
};

TEST_F(ArtifactStoreTest, KeepsWhatCameWhole) {
  const auto artifact = stored("bin/shop", "program");
  EXPECT_EQ(store().find(artifact.sha256), 7U);
  EXPECT_EQ(read(path("artifacts/" + artifact.sha256)), "program");
  EXPECT_FALSE(store().find(std::string(64, '0')));
  EXPECT_FALSE(store().find("../artifacts/" + artifact.sha256));
}

TEST_F(ArtifactStoreTest, KeepsNothingOfOtherBytes) {
  auto incoming = store().receive(Sha256::of("right"), 5);
  ASSERT_TRUE(incoming && incoming->write(std::string_view("wrong")));
  const auto finished = incoming->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().os_error, EBADMSG);
  EXPECT_NE(finished.error().message.find(Sha256::of("wrong")), std::string::npos);
  EXPECT_EQ(count(), 0U);
}

TEST_F(ArtifactStoreTest, KeepsNothingOfWhatBrokeOff) {
  {
    auto incoming = store().receive(Sha256::of("all"), 3);
    ASSERT_TRUE(incoming && incoming->write(std::string_view("al")));
    EXPECT_EQ(count(), 1U);
  }
  EXPECT_EQ(count(), 0U);
  write(path("artifacts/" + Sha256::of("all") + ".tmp-Ab12Cd"), "of a livefix that was killed");
  ASSERT_TRUE(store().prepare());
  EXPECT_EQ(count(), 0U);
}

TEST_F(ArtifactStoreTest, RefusesWhatDoesNotFit) {
  const auto refused = store().receive(std::string(64, '1'), 1ULL << 60);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().os_error, ENOSPC);
  EXPECT_EQ(count(), 0U);
}

TEST_F(ArtifactStoreTest, PrunesWhatNobodyNamesAnyMore) {
  const auto named = stored("a", "named");
  const auto unnamed = stored("b", "unnamed");
  const auto later = std::chrono::system_clock::now() + ArtifactStore::kUnnamed;
  ASSERT_TRUE(store().prune({named.sha256}, later - std::chrono::minutes(1)));
  EXPECT_EQ(count(), 2U) << "somebody may be about to push it";
  ASSERT_TRUE(store().prune({named.sha256}, later + std::chrono::minutes(1)));
  EXPECT_TRUE(store().find(named.sha256));
  EXPECT_FALSE(store().find(unnamed.sha256));
}

TEST_F(ArtifactStoreTest, WhatIsAskedForIsAsGoodAsNew) {
  const auto artifact = stored("a", "bytes");
  fs::last_write_time(path("artifacts/" + artifact.sha256),
                      fs::file_time_type::clock::now() - std::chrono::hours(5));
  EXPECT_TRUE(store().find(artifact.sha256));
  ASSERT_TRUE(store().prune({}));
  EXPECT_TRUE(store().find(artifact.sha256));
}

// --- in a release --------------------------------------------------------------------------------

TEST_F(ArtifactStoreTest, AReleaseHasItsArtifacts) {
  const auto made = commit({{"bin/run", {"#!/bin/sh\n", "100755"}}});
  const Artifacts artifacts{stored("bin/shop", "program"), stored("deep/er/data", "data")};
  auto store = releases();
  const auto release = store.lay_out(made, std::nullopt, artifacts);
  ASSERT_TRUE(release) << release.error().message;
  EXPECT_EQ(release->id, made.hex().substr(0, 12) + "-" + artifacts_digest(artifacts));
  EXPECT_EQ(release->artifacts, artifacts);
  EXPECT_EQ(read(release->directory + "/bin/shop"), "program");
  EXPECT_EQ(mode(release->directory + "/bin/shop") & 0777, 0755U);
  EXPECT_EQ(read(release->directory + "/deep/er/data"), "data");
  EXPECT_EQ(read(release->directory + "/bin/run"), "#!/bin/sh\n");
  const auto again = releases().find(release->id);
  ASSERT_TRUE(again && *again) << "after a restart, too";
  EXPECT_EQ((*again)->artifacts, artifacts);
}

TEST_F(ArtifactStoreTest, AReleaseOutlivesTheStore) {
  const auto made = commit({{"a", {"1"}}});
  const Artifacts artifacts{stored("shop", "program")};
  const auto release = releases().lay_out(made, std::nullopt, artifacts);
  ASSERT_TRUE(release);
  write(release->directory + "/shop", "stripped by a build step");
  EXPECT_EQ(read(path("artifacts/" + artifacts[0].sha256)), "program");
  fs::remove_all(path("artifacts"));
  EXPECT_TRUE(releases().lay_out(made, std::nullopt, artifacts)) << "it is there";
}

TEST_F(ArtifactStoreTest, OneCommitWithOtherArtifactsIsAnotherRelease) {
  const auto made = commit({{"a", {"1"}}});
  auto store = releases();
  const auto plain = store.lay_out(made);
  const auto one = store.lay_out(made, std::nullopt, {stored("shop", "1")});
  const auto two = store.lay_out(made, std::nullopt, {stored("shop", "2")});
  ASSERT_TRUE(plain && one && two);
  EXPECT_EQ(store.list()->size(), 3U);
  EXPECT_EQ(read(one->directory + "/shop"), "1");
  EXPECT_EQ(read(two->directory + "/shop"), "2");
  EXPECT_FALSE(exists(plain->directory + "/shop"));
  ASSERT_TRUE(store.remove(one->id) && store.sweep());
  EXPECT_EQ(store.list()->size(), 2U);
  EXPECT_TRUE(exists(two->directory + "/shop"));
}

TEST_F(ArtifactStoreTest, ReplacesNothingOfTheCommitAndFollowsNoLink) {
  const auto made = commit({{"bin/shop", {"script"}},
                            {"file", {"f"}},
                            {"out", {path("elsewhere"), "120000"}},
                            {"link", {"/etc/passwd", "120000"}}});
  fs::create_directory(path("elsewhere"));
  EXPECT_NE(refusal(made, {stored("bin/shop", "p")}).find("bin/shop is in the commit"),
            std::string::npos);
  EXPECT_NE(refusal(made, {stored("bin", "p")}).find("bin is in the commit"), std::string::npos);
  EXPECT_NE(refusal(made, {stored("link", "p")}).find("link is in the commit"), std::string::npos);
  EXPECT_NE(refusal(made, {stored("out/shop", "p")}).find("a directory on the way"),
            std::string::npos);
  EXPECT_NE(refusal(made, {stored("file/shop", "p")}).find("a directory on the way"),
            std::string::npos);
  EXPECT_TRUE(fs::is_empty(path("elsewhere")));
}

TEST_F(ArtifactStoreTest, AnArtifactThatIsNotHereIsNamed) {
  const auto why = refusal(commit({{"a", {"1"}}}), {{"bin/shop", std::string(64, 'a')}});
  EXPECT_NE(why.find("bin/shop (aaaaaaaa) is not here"), std::string::npos) << why;
}

TEST_F(ArtifactStoreTest, LeftoversOfACrashAreTakenAway) {
  const auto made = commit({{"a", {"1"}}});
  const auto id = release_id(made, Artifacts{stored("shop", "p")});
  fs::create_directories(path("releases/" + id + ".tmp-Ab12Cd/tree"));
  write(path("releases/" + id + ".artifacts"), "shop:...");
  write(path("releases/" + id + ".commit"), made.hex());
  auto store = releases();
  ASSERT_TRUE(store.sweep());
  EXPECT_TRUE(fs::is_empty(path("releases")));
}

}  // namespace
}  // namespace livefix::releases
