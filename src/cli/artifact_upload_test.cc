#include "cli/artifact_upload.h"

#include <gtest/gtest.h>

#include "cli/temporary_tree.h"
#include "model/sha256.h"

namespace livefix::cli {
namespace {

TEST(ReadArtifact, HasItsPathAndItsHash) {
  const TemporaryTree tree;
  tree.file("shop", "program");
  const auto local = read_artifact(tree.path("shop") + "=bin/shop");
  ASSERT_TRUE(local) << local.error().message;
  EXPECT_EQ(local->artifact.path, "bin/shop");
  EXPECT_EQ(local->artifact.sha256, Sha256::of("program"));
  EXPECT_EQ(local->size, 7U);
}

TEST(ReadArtifact, SaysWhatIsWrong) {
  const TemporaryTree tree;
  tree.file("shop", "program");
  for (const std::string& text :
       {tree.path("nothing") + "=bin/shop", tree.path("") + "=bin/shop", tree.path("shop"),
        tree.path("shop") + "=../shop", tree.path("shop") + "=", std::string()}) {
    const auto local = read_artifact(text);
    ASSERT_FALSE(local) << text;
    EXPECT_NE(local.error().message.find("--artifact"), std::string::npos) << local.error().message;
  }
}

TEST(Upload, NobodyThereIsTold) {
  PushTarget target;
  target.host = "127.0.0.1";
  target.port = 1;  // nobody listens there
  target.path = "/shop.git";
  const auto sent = upload(target, {{"bin/shop", std::string(64, 'a')}, "/dev/null", 0});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().os_error, ECONNREFUSED);
  EXPECT_NE(sent.error().message.find("http://127.0.0.1:1/shop.git"), std::string::npos);
}

TEST(RefusalText, IsWhatLivefixSays) {
  EXPECT_EQ(refusal_text(401, "livefix: this token is not known here\n"),
            "this token is not known here");
  EXPECT_EQ(refusal_text(502, "<html>"), "it answers 502, and not as livefix does");
}

}  // namespace
}  // namespace livefix::cli
