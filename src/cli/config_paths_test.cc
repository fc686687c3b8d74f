#include "cli/config_paths.h"

#include <gtest/gtest.h>

#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

std::string in_commit(std::string_view text) {
  const auto path = path_in_commit(text, "services/cart");
  return path ? *path : path.error().message;
}

TEST(ConfigPaths, AreOfTheDirectoryOfTheFile) {
  EXPECT_EQ(resolved_path("/etc/livefix", "a/../b/"), "/etc/livefix/b");
  EXPECT_EQ(resolved_path("/etc/livefix", "."), "/etc/livefix");
  EXPECT_EQ(resolved_path("/etc/livefix", "/srv"), "/srv");
  EXPECT_EQ(resolved_path("/", "."), "/");
}

TEST(ConfigPaths, NameFilesThatAreThere) {
  const TemporaryTree tree;
  tree.file("keys/signers");
  EXPECT_EQ(existing_file(tree.path(), "keys/signers").value(), tree.path("keys/signers"));
  EXPECT_EQ(existing_file(tree.path(), "keys").error().message,
            "\"keys\" is no file; write a path from this file");
}

TEST(PathInCommit, IsPlain) {
  EXPECT_EQ(in_commit("services/cart"), "services/cart");
  EXPECT_EQ(in_commit("./services//cart/."), "services/cart");
  EXPECT_EQ(in_commit("services/cart/"), "services/cart");
  EXPECT_EQ(in_commit("a b/..c"), "a b/..c");
  for (const auto* all : {"", ".", "./", "./."}) EXPECT_EQ(in_commit(all), "") << all;
}

TEST(PathInCommit, DoesNotLeaveIt) {
  EXPECT_EQ(in_commit("/srv"),
            "\"/srv\" is absolute; write a path inside of the commit, \"services/cart\"");
  for (const auto* text : {"..", "../x", "a/..", "a/../b", "./.."}) {
    EXPECT_EQ(in_commit(text), fmt::format("\"{}\" has \"..\"; write a path inside of the commit, "
                                           "\"services/cart\"",
                                           text));
  }
}

}  // namespace
}  // namespace livefix::cli
