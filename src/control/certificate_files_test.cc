#include "control/certificate_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace livefix::control {
namespace {

class CertificateFilesTest : public ::testing::Test {
 public:
  CertificateFilesTest() {
    char name[] = "/tmp/livefix-certificates-XXXXXX";
    directory_ = mkdtemp(name);
    write("cert.pem", "C");
    write("key.pem", "K");
  }
  ~CertificateFilesTest() override { std::filesystem::remove_all(directory_); }

 protected:
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  // As the tools do it that replace certificates.
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name) + ".new") << text;
    std::filesystem::rename(path(name) + ".new", path(name));
  }
  CertificateFiles files() const {
    return CertificateFiles({{{"shop.test"}, path("cert.pem"), path("key.pem")}});
  }

  std::string directory_;
};

TEST_F(CertificateFilesTest, AreReadAsTheyAre) {
  auto all = files();
  EXPECT_TRUE(all.changed());
  const auto read = all.read();
  ASSERT_TRUE(read);
  ASSERT_EQ(read->identities.size(), 1U);
  EXPECT_EQ(read->identities[0].label, path("cert.pem"));
  EXPECT_EQ(read->identities[0].names, std::vector<std::string>{"shop.test"});
  EXPECT_EQ(read->identities[0].certificate, "C");
  EXPECT_EQ(read->identities[0].key, "K");
  EXPECT_FALSE(all.changed());
}

TEST_F(CertificateFilesTest, AChangeOfEitherIsSeen) {
  auto all = files();
  ASSERT_TRUE(all.read());
  for (const char* name : {"cert.pem", "key.pem"}) {
    write(name, "n");
    EXPECT_TRUE(all.changed()) << name;
    ASSERT_TRUE(all.read());
    EXPECT_FALSE(all.changed()) << name;
  }
}

TEST_F(CertificateFilesTest, AMissingOneIsNamedOnceAndItsReturnSeen) {
  auto all = files();
  std::filesystem::remove(path("key.pem"));
  const auto read = all.read();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, path("key.pem") + ": No such file or directory");
  EXPECT_FALSE(all.changed());
  write("key.pem", "K");
  EXPECT_TRUE(all.changed());
}

}  // namespace
}  // namespace livefix::control
