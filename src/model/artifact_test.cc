#include "model/artifact.h"

#include <gtest/gtest.h>

#include "model/sha256.h"

namespace livefix {
namespace {

const std::string kOne(64, '1');
const std::string kTwo(64, '2');

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(Sha256::of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 hash;
  hash.add(std::string_view("a"));
  hash.add(std::string_view("bc"));
  EXPECT_EQ(hash.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Artifact, IsAPathAndAHash) {
  const auto parsed = parse_artifact("bin/a:b:" + kOne);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->path, "bin/a:b");
  EXPECT_EQ(parsed->sha256, kOne);
  EXPECT_EQ(parsed->text(), "bin/a:b:" + kOne);
  for (const std::string& text : {std::string("bin/shop"), "bin/shop:" + kOne.substr(1),
                                  "bin/shop:" + std::string(64, 'A'), ":" + kOne, std::string()}) {
    EXPECT_FALSE(parse_artifact(text)) << text;
  }
}

TEST(Artifact, StaysInItsRelease) {
  for (const std::string path : {"../shop", "/bin/shop", "bin//shop", "bin/../shop", "bin/", ".",
                                 "./shop", ".git/config", "a/.GIT/hooks", "a\nb", "a\x7f"}) {
    EXPECT_FALSE(check_artifact_path(path)) << path;
  }
  for (const std::string path : {"shop", "bin/shop", "..shop", ".gitignore", "a b"}) {
    EXPECT_TRUE(check_artifact_path(path)) << path;
  }
  EXPECT_FALSE(check_artifact_path(std::string(1001, 'a')));
}

TEST(Artifact, IsCollectedInOrderAndOnce) {
  const auto collected = collect_artifacts({{"b", kOne}, {"a", kTwo}});
  ASSERT_TRUE(collected);
  EXPECT_EQ(collected->front().path, "a");
  const auto twice = collect_artifacts({{"a", kOne}, {"a", kTwo}});
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("path a"), std::string::npos);
  EXPECT_FALSE(collect_artifacts(std::vector<Artifact>(Artifact::kMost + 1)));
}

TEST(Artifact, ADigestIsOfPathsAndContents) {
  const Artifacts one{{"a", kOne}};
  EXPECT_EQ(artifacts_digest({}), "");
  EXPECT_EQ(artifacts_digest(one).size(), 8U);
  EXPECT_NE(artifacts_digest(one), artifacts_digest(Artifacts{{"a", kTwo}}));
  EXPECT_NE(artifacts_digest(one), artifacts_digest(Artifacts{{"b", kOne}}));
}

}  // namespace
}  // namespace livefix
