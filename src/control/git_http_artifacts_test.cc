// Artifacts over HTTP: built files that come before the push that names them.
#include "control/git_http_harness.h"
#include "model/artifact.h"
#include "model/sha256.h"

namespace livefix::control {
namespace {

class GitHttpArtifacts : public GitHttpTest {
 protected:
  GitHttpArtifacts() {
    settings_.artifacts = directory_ / "artifacts";
    std::filesystem::create_directory(settings_.artifacts);
  }

  static std::string head(std::string_view method, const std::string& sha256,
                          const std::string& more = "") {
    return fmt::format(
        "{} /shop.git/artifacts/{} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n"
        "Connection: close\r\n{}\r\n",
        method, sha256, kSecret, more);
  }
  static std::string put(const std::string& sha256, const std::string& bytes) {
    return head("PUT", sha256, fmt::format("Content-Length: {}\r\n", bytes.size())) + bytes;
  }
  unsigned status_of(std::string_view text) {
    last_answer_ = answers_to(text);
    return last_answer_.starts_with("HTTP/1.1 ")
               ? static_cast<unsigned>(std::stoul(last_answer_.substr(9, 3)))
               : 0;
  }
  std::size_t count() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(settings_.artifacts),
                      std::filesystem::directory_iterator()));
  }
  std::string last_answer_;
};

TEST_F(GitHttpArtifacts, TakesOneAndSaysThatItIsThere) {
  start();
  const std::string bytes(300'000, 'x');
  const auto hash = Sha256::of(bytes);
  EXPECT_EQ(status_of(head("HEAD", hash)), 404U);
  EXPECT_EQ(status_of(put(hash, bytes)), 201U) << last_answer_;
  EXPECT_EQ(status_of(head("HEAD", hash)), 200U);
  EXPECT_TRUE(last_answer_.ends_with("\r\n\r\n")) << "a HEAD has no body";
  EXPECT_EQ(std::filesystem::file_size(directory_ / "artifacts" / hash), bytes.size());
  EXPECT_EQ(status_of(put(hash, bytes)), 200U) << "again is as good";
  EXPECT_EQ(complaints(), "");
}

TEST_F(GitHttpArtifacts, AnEmptyOneIsOneToo) {
  start();
  EXPECT_EQ(status_of(put(Sha256::of(""), "")), 201U) << last_answer_;
}

TEST_F(GitHttpArtifacts, OneConnectionBringsSeveral) {
  start();
  std::string both = put(Sha256::of("one"), "one") + put(Sha256::of("two"), "two");
  const std::string closes = "Connection: close\r\n";
  both.erase(both.find(closes), closes.size());
  EXPECT_EQ(status_of(both), 201U);
  EXPECT_NE(last_answer_.find("HTTP/1.1 201", 1), std::string::npos) << last_answer_;
  EXPECT_EQ(count(), 2U);
}

TEST_F(GitHttpArtifacts, OtherBytesThanPromisedAreRefused) {
  start();
  EXPECT_EQ(status_of(put(Sha256::of("right"), "wrong")), 422U);
  EXPECT_NE(last_answer_.find(Sha256::of("wrong")), std::string::npos) << last_answer_;
  EXPECT_EQ(count(), 0U);
}

TEST_F(GitHttpArtifacts, WaitsWithTheBodyUntilItIsWanted) {
  start();
  const auto ask = [](std::uint64_t size) {
    return head("PUT", std::string(64, 'a'),
                fmt::format("Content-Length: {}\r\nExpect: 100-continue\r\n", size));
  };
  EXPECT_EQ(status_of(ask(Artifact::kLargest + 1)), 413U);
  const auto hash = Sha256::of("bytes");
  const auto socket =
      connection(head("PUT", hash, "Content-Length: 5\r\nExpect: 100-continue\r\n"));
  ByteReader reader(socket.get());
  EXPECT_EQ(reader.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  send(socket.get(), "bytes");
  EXPECT_TRUE(reader.rest().starts_with("HTTP/1.1 201"));
}

TEST_F(GitHttpArtifacts, WithoutALengthNoneIsTaken) {
  start();
  EXPECT_EQ(
      status_of(head("PUT", std::string(64, 'a'), "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"),
      411U);
}

TEST_F(GitHttpArtifacts, NeedATokenThatMayPush) {
  write_token("reader", Scope::read, kSecret);
  start();
  const auto hash = Sha256::of("bytes");
  EXPECT_EQ(status_of(put(hash, "bytes")), 403U);
  EXPECT_EQ(status_of(head("HEAD", hash)), 403U);
  EXPECT_EQ(status_of(fmt::format("PUT /shop.git/artifacts/{} HTTP/1.1\r\nHost: x\r\n"
                                  "Content-Length: 5\r\nConnection: close\r\n\r\nbytes",
                                  hash)),
            401U);
  EXPECT_EQ(count(), 0U);
}

TEST_F(GitHttpArtifacts, NothingIsLeftOfOneThatBrokeOff) {
  start();
  {
    const auto socket = connection(
        head("PUT", std::string(64, 'a'), "Content-Length: 1000\r\nExpect: 100-continue\r\n"));
    ByteReader(socket.get()).until("\r\n\r\n");
    send(socket.get(), "some");
  }
  // The next one is served when that one's end was seen, or before: then livefix's end counts.
  EXPECT_EQ(status_of(head("HEAD", std::string(64, 'a'))), 404U);
  stop();
  EXPECT_EQ(count(), 0U);
}

TEST_F(GitHttpArtifacts, WhereTheDiskTakesNoneTheLogSaysWhy) {
  std::filesystem::remove_all(settings_.artifacts);
  start();
  EXPECT_EQ(status_of(put(Sha256::of("bytes"), "bytes")), 500U);
  EXPECT_NE(complaints_with("artifacts").find("artifacts"), std::string::npos);
}

}  // namespace
}  // namespace livefix::control
