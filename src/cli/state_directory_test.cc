#include "cli/state_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

unsigned mode_of(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
}
std::string refusal_of_directory(const std::string& path) {
  const auto made = make_state_directory(path);
  return made ? "made" : made.error().message;
}

TEST(StateDirectory, IsNamedByTheOptionThenTheEnvironmentThenTheFile) {
  UserInterface user;
  user.current_directory = "/home/me";
  EXPECT_EQ(choose_state_directory("", "/etc/livefix/shop.toml", user), "/etc/livefix/.livefix");
  EXPECT_EQ(choose_state_directory("", "/livefix.toml", user), "/.livefix");
  user.livefix_directory = "/var/lib/livefix/";
  EXPECT_EQ(choose_state_directory("", "/etc/livefix/shop.toml", user), "/var/lib/livefix");
  EXPECT_EQ(choose_state_directory("state/", "/etc/livefix/shop.toml", user), "/home/me/state");
  EXPECT_EQ(choose_state_directory("/srv/../mnt", "/etc/livefix/shop.toml", user), "/mnt");
}

TEST(StateDirectory, IsMadeForItsOwnerAlone) {
  const TemporaryTree tree;
  EXPECT_EQ(refusal_of_directory(tree.path("a/b/c")), "made");
  for (const auto* made : {"a", "a/b", "a/b/c"}) EXPECT_EQ(mode_of(tree.path(made)), 0700U) << made;
  EXPECT_EQ(refusal_of_directory(tree.path("a/b/c")), "made") << "it is there already";
  EXPECT_TRUE(std::filesystem::is_empty(tree.path("a/b/c")));
  tree.directory("open");
  chmod(tree.path("open").c_str(), 0755);
  EXPECT_EQ(refusal_of_directory(tree.path("open")), "made");
  EXPECT_EQ(mode_of(tree.path("open")), 0755U) << "what somebody else made is left as it is";
}

TEST(StateDirectory, SaysWhyItCannotBe) {
  const TemporaryTree tree;
  tree.file("file");
  EXPECT_EQ(refusal_of_directory(tree.path("file")),
            "the state directory " + tree.path("file") +
                " is no directory; name another with --state DIR");
  EXPECT_EQ(refusal_of_directory(tree.path("file/below")),
            "the state directory " + tree.path("file/below") +
                " cannot be made: Not a directory; make it with: install -d -m 700 -o USER DIR, or "
                "name another with --state DIR");
  EXPECT_TRUE(refusal_of_directory("/proc/1/livefix").find("cannot be made: ") !=
              std::string::npos);
}

TEST(StateDirectory, HasToBeWritable) {
  // /proc/self is a directory that nobody may write to, root included.
  const auto said = refusal_of_directory("/proc/self/fdinfo");
  EXPECT_EQ(said.substr(0, 55), "the state directory /proc/self/fdinfo cannot be written") << said;
}

}  // namespace
}  // namespace livefix::cli
