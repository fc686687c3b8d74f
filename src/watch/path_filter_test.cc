#include "watch/path_filter.h"

#include <gtest/gtest.h>

namespace livefix::watch {
namespace {

WatchSpec node_spec() {
  WatchSpec spec;
  spec.extensions = {"js", "ts", "json", "env"};
  return spec;
}

TEST(PathFilter, WatchesByExtension) {
  const PathFilter filter(node_spec(), {});
  EXPECT_TRUE(filter.watches(Reach::whole, "src/cart.js"));
  EXPECT_TRUE(filter.watches(Reach::whole, "types.d.ts"));
  EXPECT_FALSE(filter.watches(Reach::whole, "README.md"));
  EXPECT_FALSE(filter.watches(Reach::whole, "js")) << "a name is no extension";
  EXPECT_FALSE(filter.watches(Reach::whole, ".js"));
  EXPECT_TRUE(filter.watches(Reach::whole, "config/.env"));
  EXPECT_TRUE(filter.watches(Reach::whole, ".env.local"));
  EXPECT_FALSE(filter.watches(Reach::whole, ".environment"));
}

TEST(PathFilter, WatchesEverythingWithoutExtensions) {
  const PathFilter filter(WatchSpec{}, {});
  EXPECT_TRUE(filter.watches(Reach::whole, "Makefile"));
  EXPECT_FALSE(filter.watches(Reach::whole, "server.log"));
}

TEST(PathFilter, IgnoresWhatEditorsLeave) {
  const PathFilter filter(WatchSpec{}, {});
  for (const auto* name : {"4913", "5036", "a.js~", ".a.js.swp", ".a.js.swx", ".#a.js", "#a.js#",
                           ".goutputstream-X1Y2", "a.js___jb_tmp___", "a.pyc"}) {
    EXPECT_FALSE(filter.watches(Reach::whole, std::string("src/") + name)) << name;
  }
}

TEST(PathFilter, DoesNotEnterHiddenAndDependencyDirectories) {
  const PathFilter filter(node_spec(), {});
  EXPECT_EQ(filter.reach(Reach::whole, "src"), Reach::whole);
  for (const auto* name : {".git", ".livefix", "node_modules", "src/__pycache__", "target", ".venv",
                           "venv", "dist", "logs", ".idea"}) {
    EXPECT_EQ(filter.reach(Reach::whole, name), Reach::none) << name;
  }
}

TEST(PathFilter, DoesNotEnterWhatGitIgnores) {
  const PathFilter filter(node_spec(), {"web/out", "cache"});
  EXPECT_EQ(filter.reach(Reach::whole, "web"), Reach::whole);
  EXPECT_EQ(filter.reach(Reach::whole, "web/out"), Reach::none);
  EXPECT_EQ(filter.reach(Reach::whole, "out"), Reach::whole);
  EXPECT_EQ(filter.reach(Reach::whole, "cache"), Reach::none);
}

TEST(PathFilter, TakesPatternsOfTheUser) {
  auto spec = node_spec();
  spec.ignored_directories = {"fixtures"};
  spec.ignored_files = {"*.test.js", "data/**", "uploads/", "src/gen_*.js", "tmp"};
  const PathFilter filter(spec, {});
  EXPECT_FALSE(filter.watches(Reach::whole, "src/a.test.js"));
  EXPECT_TRUE(filter.watches(Reach::whole, "src/a.js"));
  EXPECT_FALSE(filter.watches(Reach::whole, "src/gen_a.js"));
  EXPECT_TRUE(filter.watches(Reach::whole, "gen_a.js"));
  EXPECT_EQ(filter.reach(Reach::whole, "data"), Reach::none);
  EXPECT_EQ(filter.reach(Reach::whole, "uploads"), Reach::none);
  EXPECT_EQ(filter.reach(Reach::whole, "src/tmp"), Reach::none);
  EXPECT_EQ(filter.reach(Reach::whole, "src/fixtures"), Reach::none);
  EXPECT_EQ(filter.reach(Reach::whole, "database"), Reach::whole);
}

TEST(PathFilter, EntersAnIgnoredDirectoryForTheScriptThatRuns) {
  auto spec = node_spec();
  spec.files = {"dist/server.js"};
  const PathFilter filter(spec, {});
  EXPECT_EQ(filter.reach(Reach::whole, "dist"), Reach::whole);
  EXPECT_EQ(filter.reach(Reach::whole, "dist/routes"), Reach::whole);
  EXPECT_EQ(filter.reach(Reach::whole, "dist/node_modules"), Reach::none);
}

TEST(PathFilter, PassesThroughIgnoredDirectoriesForABinary) {
  auto spec = node_spec();
  spec.files = {"target/debug/server", "/opt/app/tool"};
  const PathFilter filter(spec, {});
  EXPECT_EQ(filter.reach(Reach::whole, "target"), Reach::passing);
  EXPECT_EQ(filter.reach(Reach::passing, "target/debug"), Reach::passing);
  EXPECT_EQ(filter.reach(Reach::passing, "target/release"), Reach::none);
  EXPECT_TRUE(filter.watches(Reach::passing, "target/debug/server"));
  EXPECT_FALSE(filter.watches(Reach::passing, "target/debug/build.json"));
  EXPECT_EQ(filter.reach(Reach::none, "/opt/app"), Reach::passing);
  EXPECT_EQ(filter.reach(Reach::passing, "/opt/app/lib"), Reach::none);
}

}  // namespace
}  // namespace livefix::watch
