#include "releases/signature_check.h"

#include "os/capture.h"
#include "releases/git_fixture.h"

namespace livefix::releases {
namespace {

using namespace std::chrono_literals;
using Why = NotVerified::Why;

class SignatureCheck : public GitFixture {
 protected:
  void SetUp() override {
    GitFixture::SetUp();
    for (const char* name : {"alice", "mallory"}) {
      const auto made = os::capture(
          {.command = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path(name)},
           .patience = 30s});
      if (!made) GTEST_SKIP() << "no keys without ssh-keygen: " << made.error().message;
    }
    write(path("allowed"), "alice@example.com " + read(path("alice.pub")));
    tree_ = raw_tree({"100644 blob " + blob("x").hex() + "\ta"}).hex();
  }

  // A commit with or without a key's signature.
  ObjectId signed_by(const std::string& key) {
    GitCall call{.arguments = {"-c", "gpg.format=ssh", "-c", "user.signingKey=" + path(key),
                               "commit-tree", tree_, "-m", "message"},
                 .environment = {"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com",
                                 "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com"}};
    if (!key.empty()) call.arguments.emplace_back("-S");
    return printed(call);
  }
  ObjectId raw(const std::string& text) {
    return printed({.arguments = {"hash-object", "-t", "commit", "-w", "--stdin"}, .input = text});
  }
  std::string text_of(const ObjectId& commit) {
    return git_.ask({"cat-file", "commit", commit.hex()}).value_or("") + "\n";
  }
  Why why(const ObjectId& commit) {
    const auto signature = verify_signature(git_, commit, path("allowed"));
    EXPECT_TRUE(signature) << signature.error().message;
    if (!signature) return Why::other_kind;
    const auto* failed = std::get_if<NotVerified>(&*signature);
    EXPECT_TRUE(failed) << "it is verified";
    if (!failed) return Why::other_kind;
    EXPECT_NE(failed->text.find(commit.short_hex()), std::string::npos);
    return failed->why;
  }

  std::string tree_;
};

TEST_F(SignatureCheck, NamesWhoSigned) {
  const auto signature = verify_signature(git_, signed_by("alice"), path("allowed"));
  ASSERT_TRUE(signature) << signature.error().message;
  ASSERT_TRUE(std::holds_alternative<SignedBy>(*signature))
      << std::get<NotVerified>(*signature).text;
  EXPECT_EQ(std::get<SignedBy>(*signature).principal, "alice@example.com");
}

TEST_F(SignatureCheck, TellsUnsignedFromUnknown) {
  EXPECT_EQ(why(signed_by("")), Why::unsigned_commit);
  EXPECT_EQ(why(signed_by("mallory")), Why::unknown_key);
}

TEST_F(SignatureCheck, FindsASignatureOfOtherContents) {
  auto text = text_of(signed_by("alice"));
  text.replace(text.find("message"), 7, "changed");
  EXPECT_EQ(why(raw(text)), Why::bad_signature);
}

TEST_F(SignatureCheck, DoesNotTakeAMessageForASignature) {
  auto text = text_of(signed_by(""));
  text +=
      "gpgsig -----BEGIN SSH SIGNATURE-----\nGood \"git\" signature for alice@example.com with\n";
  EXPECT_EQ(why(raw(text)), Why::unsigned_commit);
}

TEST_F(SignatureCheck, RunsNoOtherProgramForOtherKinds) {
  auto text = text_of(signed_by(""));
  text.insert(text.find("\n\n") + 1,
              "gpgsig -----BEGIN PGP SIGNATURE-----\n \n aGVsbG8=\n -----END PGP SIGNATURE-----\n");
  write(path("gpg"), "#!/bin/sh\ntouch " + path("ran") + "\n");
  std::filesystem::permissions(path("gpg"), std::filesystem::perms::owner_all);
  ASSERT_TRUE(git_.ask({"config", "gpg.program", path("gpg")}));
  EXPECT_EQ(why(raw(text)), Why::other_kind);
  EXPECT_FALSE(exists(path("ran")));
}

TEST_F(SignatureCheck, NeedsItsFile) {
  const auto failed = verify_signature(git_, signed_by("alice"), path("missing"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message,
            "the file of allowed signers, " + path("missing") + ": No such file or directory");
}

}  // namespace
}  // namespace livefix::releases
