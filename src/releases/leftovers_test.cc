#include "releases/leftovers.h"

#include <filesystem>

#include "releases/git_fixture.h"
#include "releases/release_refs.h"

namespace livefix::releases {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class LeftoversTest : public GitFixture {
 protected:
  // A file of that age, or with `inside` a directory with it.
  fs::path make(const std::string& name, std::chrono::seconds age, const std::string& inside = {}) {
    const fs::path path = fs::path(git_.git_dir()) / name;
    fs::create_directories(inside.empty() ? path.parent_path() : path);
    write(inside.empty() ? path : path / inside, "x");
    fs::last_write_time(path, fs::file_time_type::clock::now() - age);
    return path;
  }
};

TEST_F(LeftoversTest, TheLockOfAKilledGitGoesAndTheBranchCanMoveAgain) {
  const auto first = commit({{"a", {"1"}}});
  const auto second = commit({{"a", {"2"}}});
  const auto lock = make("refs/heads/main.lock", 11s);
  EXPECT_FALSE(update_branch(git_, {"main", second, first, "stands still"}));
  remove_leftovers(git_);
  EXPECT_FALSE(fs::exists(lock));
  EXPECT_TRUE(update_branch(git_, {"main", second, first, "moves"}));
}

TEST_F(LeftoversTest, OldLocksOfAllRefsGoAndYoungOnesStay) {
  const auto old = {make("packed-refs.lock", 11s), make("HEAD.lock", 11s),
                    make("refs/livefix/releases/a.lock", 11s), make("refs/tags/v1/x.lock", 11s)};
  const auto young = make("refs/heads/topic.lock", 1s);
  remove_leftovers(git_);
  for (const auto& path : old) EXPECT_FALSE(fs::exists(path)) << path;
  EXPECT_TRUE(fs::exists(young));
}

TEST_F(LeftoversTest, ObjectsOfPushesThatDiedGoAfterADay) {
  const auto old = make("objects/tmp_objdir-incoming-a", 25h, "pack");
  const auto half = make("objects/pack/tmp_pack_b", 25h);
  const auto young = make("objects/tmp_objdir-incoming-c", 23h, "pack");
  const auto kept = make("objects/pack/pack-d.pack", 25h);
  remove_leftovers(git_);
  EXPECT_FALSE(fs::exists(old));
  EXPECT_FALSE(fs::exists(half));
  EXPECT_TRUE(fs::exists(young));
  EXPECT_TRUE(fs::exists(kept));
}

}  // namespace
}  // namespace livefix::releases
