#include "cli/development_certificate.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "cli/temporary_tree.h"
#include "os/file_replacement.h"
#include "os/small_file.h"

namespace livefix::cli {
namespace {

class DevelopmentCertificates : public ::testing::Test {
 protected:
  Result<bool> ensure(std::chrono::hours later = {}) {
    return ensure_development_certificate(wanted_, now_ + later);
  }
  std::string text() const { return *os::read_small_file(wanted_.certificate, 1 << 16); }

  TemporaryTree tree_;
  const std::chrono::system_clock::time_point now_ = std::chrono::system_clock::now();
  DevelopmentCertificate wanted_{tree_.path("tls/development.pem"),
                                 tree_.path("tls/development.key"),
                                 {"localhost", "*.localhost", "127.0.0.1", "[::1]"}};
};

TEST_F(DevelopmentCertificates, IsMadeOnceAndKept) {
  EXPECT_EQ(ensure(), true);
  const std::string first = text();
  EXPECT_EQ(ensure(), false);
  EXPECT_EQ(text(), first);
  struct stat info{};
  ASSERT_EQ(stat(wanted_.key.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(DevelopmentCertificates, IsRenewedInTime) {
  EXPECT_EQ(ensure(), true);
  EXPECT_EQ(ensure(std::chrono::days{300}), false);
  EXPECT_EQ(ensure(std::chrono::days{380}), true);
}

TEST_F(DevelopmentCertificates, IsMadeAnewForMoreNames) {
  EXPECT_EQ(ensure(), true);
  wanted_.names.emplace_back("shop.test");
  EXPECT_EQ(ensure(), true);
  wanted_.names.pop_back();
  EXPECT_EQ(ensure(), false) << "fewer are covered";
}

TEST_F(DevelopmentCertificates, WhatDoesNotBelongTogetherIsReplaced) {
  EXPECT_EQ(ensure(), true);
  const std::string key = *os::read_small_file(wanted_.key, 1 << 16);
  wanted_.names.emplace_back("shop.test");
  EXPECT_EQ(ensure(), true);
  ASSERT_TRUE(os::replace_file(wanted_.key, key, 0600));
  EXPECT_EQ(ensure(), true);
  ASSERT_TRUE(os::replace_file(wanted_.certificate, "nonsense", 0644));
  EXPECT_EQ(ensure(), true);
}

TEST_F(DevelopmentCertificates, AreMadeForTheHostsOfTheRun) {
  RunSpec run;
  run.name = "shop";
  run.run_directory = tree_.path(".livefix/run/shop");
  run.services.resize(1);
  run.services[0].traffic.match.hosts = {"shop.test", "localhost"};
  run.proxy.certificates = {{{}, "", "", true}, {{"other.test"}, "", "", true}};
  const auto made = prepare_development_certificates(run, now_);
  ASSERT_TRUE(made);
  ASSERT_EQ(made->size(), 2U);
  EXPECT_EQ((*made)[0].names,
            (std::vector<std::string>{"localhost", "127.0.0.1", "[::1]", "shop.test"}));
  EXPECT_EQ((*made)[1].names, std::vector<std::string>{"other.test"});
  EXPECT_EQ(run.proxy.certificates[0].certificate, tree_.path(".livefix/tls/shop.pem"));
  EXPECT_EQ(run.proxy.certificates[1].key, tree_.path(".livefix/tls/shop-2.key"));
  EXPECT_TRUE(prepare_development_certificates(run, now_)->empty()) << "they are kept";
}

TEST_F(DevelopmentCertificates, SaysWhereItCannotBeWritten) {
  wanted_.key = "/proc/nobody/tls.key";
  const auto made = ensure();
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().message.starts_with("/proc/nobody/tls.key: ")) << made.error().message;
}

}  // namespace
}  // namespace livefix::cli
