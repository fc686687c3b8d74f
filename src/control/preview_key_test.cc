#include "control/preview_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "model/preview_pass.h"

namespace livefix::control {
namespace {

class PreviewKeys : public ::testing::Test {
 protected:
  ~PreviewKeys() override { std::filesystem::remove_all(directory_); }
  std::string file() const { return directory_ + "/preview-key"; }
  void write(const std::string& text, mode_t mode) const {
    std::ofstream(file()) << text;
    ASSERT_EQ(chmod(file().c_str(), mode), 0);
  }

  std::string template_ = (std::filesystem::temp_directory_path() / "livefix-key-XXXXXX").string();
  std::string directory_ = mkdtemp(template_.data());
};

TEST_F(PreviewKeys, AreMadeOnceAndForNobodyElse) {
  const auto key = preview_key_in(directory_);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_TRUE(is_preview_key(*key));
  struct stat info{};
  ASSERT_EQ(stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(*preview_key_in(directory_), *key) << "links outlive a restart";
}

TEST_F(PreviewKeys, ThatOthersMayReadAreNone) {
  const std::string secret(64, 'a');
  write(secret + "\n", 0644);
  const auto key = preview_key_in(directory_);
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().message.find("others may read"), std::string::npos);
  EXPECT_EQ(key.error().message.find(secret), std::string::npos) << "it is told to nobody";
}

TEST_F(PreviewKeys, ThatAreBrokenAreToldAndNotReplaced) {
  write("short\n", 0600);
  const auto key = preview_key_in(directory_);
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().message.find(file()), std::string::npos) << key.error().message;
  EXPECT_FALSE(preview_key_in(directory_ + "/nowhere"));
}

}  // namespace
}  // namespace livefix::control
