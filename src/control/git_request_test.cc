#include "control/git_request.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = TimePoint() + 1h;
const Address kGitClient = Address::ipv4(192, 0, 2, 1, 5000);

unsigned status_of(const GitRequestHead& head) {
  const auto request = parse_git_request(head, "shop.git");
  return request ? 200 : request.error().status;
}

TEST(GitRequest, IsOneOfTheSmartProtocol) {
  const auto refs = parse_git_request(
      {.method = "GET", .target = "/shop.git/info/refs?service=git-receive-pack"}, "shop.git");
  ASSERT_TRUE(refs);
  EXPECT_TRUE(refs->advertises);
  EXPECT_EQ(refs->service_name(), "git-receive-pack");
  EXPECT_EQ(refs->needed_scope(), Scope::push);
  const auto fetch = parse_git_request({.method = "POST",
                                        .target = "/shop.git/git-upload-pack",
                                        .content_type = "application/x-git-upload-pack-request",
                                        .content_encoding = "gzip",
                                        .git_protocol = "version=2"},
                                       "shop.git");
  ASSERT_TRUE(fetch);
  EXPECT_FALSE(fetch->advertises);
  EXPECT_TRUE(fetch->is_gzipped);
  EXPECT_EQ(fetch->protocol, "version=2");
  EXPECT_EQ(fetch->needed_scope(), Scope::read);
}

TEST(GitRequest, IsNothingElse) {
  for (const std::string target :
       {"/", "/shop.git", "/shop.git/info/refs", "/shop.git/info/refs?service=git-upload-archive",
        "/shop.git/info/refs?service=git-receive-pack&x=1", "/shop.git/HEAD",
        "/shop.git/objects/info/packs", "/../shop.git/info/refs?service=git-receive-pack",
        "/x/../shop.git/info/refs?service=git-receive-pack", "//shop.git/git-receive-pack",
        "/shop.git/info/refs?service=git-receive-pack%00", "/cart.git/git-receive-pack",
        "/shop%2egit/info/refs?service=git-receive-pack", "*",
        "http://host/shop.git/info/refs?service=git-receive-pack"}) {
    EXPECT_EQ(status_of({.method = "GET", .target = target}), 404U) << target;
  }
  for (const auto* method : {"HEAD", "PUT", "DELETE", "POST", "get"}) {
    EXPECT_EQ(
        status_of({.method = method, .target = "/shop.git/info/refs?service=git-receive-pack"}),
        404U)
        << method;
  }
  EXPECT_EQ(status_of({.method = "GET", .target = "/shop.git/git-receive-pack"}), 404U);
}

TEST(GitRequest, HasItsOwnTypeAndEncoding) {
  GitRequestHead head{.method = "POST",
                      .target = "/shop.git/git-receive-pack",
                      .content_type = "application/x-git-receive-pack-request"};
  EXPECT_EQ(status_of(head), 200U);
  head.content_encoding = "br";
  EXPECT_EQ(status_of(head), 415U);
  head.content_encoding = "";
  head.content_type = "application/x-git-upload-pack-request";
  EXPECT_EQ(status_of(head), 415U);
}

TEST(GitRequest, AProtocolThatIsNoneIsLeftOut) {
  const GitRequestHead head{.method = "GET",
                            .target = "/shop.git/info/refs?service=git-upload-pack",
                            .git_protocol = "version=2 $(x)"};
  EXPECT_EQ(parse_git_request(head, "shop.git")->protocol, "");
}

TEST(ArtifactRequest, IsOneOfTwoAboutAHash) {
  const std::string hash(64, 'a');
  const auto asked = parse_artifact_request(
      {.method = "HEAD", .target = "/shop.git/artifacts/" + hash}, "shop.git");
  ASSERT_TRUE(asked);
  EXPECT_FALSE(asked->is_sent);
  EXPECT_EQ(asked->sha256, hash);
  const std::string place = "/shop.git/artifacts/" + hash;
  EXPECT_TRUE(parse_artifact_request({.method = "PUT", .target = place}, "shop.git")->is_sent);
  EXPECT_FALSE(parse_artifact_request({.method = "GET", .target = place}, "shop.git"));
  EXPECT_FALSE(parse_artifact_request({.method = "PUT", .target = place}, "cart.git"));
  for (const std::string& target :
       {place + "0", "/shop.git/artifacts/../" + hash,
        "/shop.git/artifacts/" + std::string(64, 'A'), "/artifacts/" + hash, place + "?x=1"}) {
    EXPECT_FALSE(parse_artifact_request({.method = "PUT", .target = target}, "shop.git")) << target;
  }
}

class GitAdmission : public ::testing::Test {
 protected:
  // With "secret:" as Basic.
  unsigned status(Scope has, GitService service, std::string_view authorization) {
    const auto admitted = admit(
        GitRequest{.service = service}.needed_scope(), authorization, kGitClient,
        [has](std::string_view secret) -> std::optional<Token> {
          if (secret != "secret") return std::nullopt;
          return Token{"ci", {has}, {}, ""};
        },
        failed_, kNow);
    refusal_ = admitted ? GitRefusal{200, ""} : admitted.error();
    return refusal_.status;
  }

  FailedAttempts failed_{2};
  GitRefusal refusal_;
  static constexpr auto kGood = "Basic c2VjcmV0Og==";
  static constexpr auto kWrong = "Basic d3Jvbmc6";
};

TEST_F(GitAdmission, IsByScope) {
  EXPECT_EQ(status(Scope::push, GitService::receive_pack, kGood), 200U);
  EXPECT_EQ(status(Scope::admin, GitService::receive_pack, kGood), 200U);
  EXPECT_EQ(status(Scope::read, GitService::upload_pack, kGood), 200U);
  EXPECT_EQ(status(Scope::push, GitService::upload_pack, "Bearer secret"), 200U);
  EXPECT_EQ(status(Scope::read, GitService::receive_pack, kGood), 403U);
  EXPECT_EQ(refusal_.sentence,
            "the token ci is for read only, and this is a push; livefix token add NAME --scope "
            "push makes one that may");
}

TEST_F(GitAdmission, AsksForATokenWhereThereIsNone) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(status(Scope::push, GitService::receive_pack, ""), 401U);
    EXPECT_EQ(refusal_.field, "WWW-Authenticate: Basic realm=\"livefix\"");
    EXPECT_FALSE(refusal_.is_last);
  }
}

TEST_F(GitAdmission, LimitsWrongTokensButNotRightOnes) {
  EXPECT_EQ(status(Scope::push, GitService::receive_pack, kWrong), 401U);
  EXPECT_TRUE(refusal_.is_last);
  EXPECT_EQ(status(Scope::push, GitService::receive_pack, "Bearer wrong"), 401U);
  EXPECT_EQ(status(Scope::push, GitService::receive_pack, kWrong), 429U);
  EXPECT_EQ(status(Scope::push, GitService::receive_pack, kGood), 200U);
}

}  // namespace
}  // namespace livefix::control
