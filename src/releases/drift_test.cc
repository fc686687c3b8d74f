#include "releases/drift.h"

#include "releases/git_fixture.h"

namespace livefix::releases {
namespace {

namespace fs = std::filesystem;
using Kind = DriftedFile::Kind;
using Files = std::vector<DriftedFile>;

class DriftTest : public GitFixture {
 protected:
  void SetUp() override {
    GitFixture::SetUp();
    auto store = ReleaseStore::open(git_, path("releases"), ArtifactStore(path("artifacts")));
    ASSERT_TRUE(store) << store.error().message;
    store_.emplace(std::move(*store));
    lay_out({{"a", {"one\n"}},
             {"b", {"two\n"}},
             {"new\nline", {"n\n"}},
             {"bin/run", {"#!/bin/sh\n", "100755"}},
             {"link", {"a", "120000"}}});
  }
  void lay_out(const FixtureTree& tree) {
    auto release = store_->lay_out(commit(tree));
    ASSERT_TRUE(release) << release.error().message;
    release_.emplace(std::move(*release));
  }
  std::string file(const std::string& name) const { return release_->directory + "/" + name; }
  Files drift() const {
    const auto files = find_drift(git_, *release_);
    EXPECT_TRUE(files) << files.error().message;
    return files.value_or(Files{{"(failed)", Kind::missing}});
  }
  void put_all_back() {
    std::vector<std::string> paths;
    for (const auto& drifted : drift()) paths.push_back(drifted.path);
    const auto done = put_back(git_, *release_, paths);
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_EQ(drift(), Files());
    for (const auto& entry : fs::directory_iterator(path("releases"))) {
      EXPECT_FALSE(entry.path().string().contains(".tmp-")) << entry.path();
    }
  }

  std::optional<ReleaseStore> store_;
  std::optional<Release> release_;
};

TEST_F(DriftTest, FindsNoneInAReleaseAsItWasLaidOut) {
  EXPECT_EQ(drift(), Files());
  write(file("node_modules/x"), "not of the commit");
  write(file("a.log"), "not of the commit");
  EXPECT_EQ(drift(), Files());
}

TEST_F(DriftTest, FindsContentsModesKindsAndWhatIsMissing) {
  write(file("a"), "ONE\n");  // as long as before, and in the same second
  fs::permissions(file("bin/run"), fs::perms::owner_read | fs::perms::owner_write);
  fs::remove(file("link"));
  write(file("link"), "a");
  fs::remove(file("new\nline"));
  const Files expected{{"a", Kind::contents},
                       {"bin/run", Kind::mode},
                       {"link", Kind::type},
                       {"new\nline", Kind::missing}};
  EXPECT_EQ(drift(), expected);
  const auto text = drift_text(git_, *release_, drift(), 100'000);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_NE(text->text.find("-one\n+ONE\n"), std::string::npos) << text->text;
  EXPECT_NE(text->text.find("old mode 100755\nnew mode 100644\n"), std::string::npos);
  EXPECT_FALSE(text->cut);
  EXPECT_TRUE(drift_text(git_, *release_, drift(), 10)->cut);
  EXPECT_EQ(drift_text(git_, *release_, {{"b", Kind::contents}}, 10)->text, "");
}

TEST_F(DriftTest, DoesNotMindAFileThatWasTouchedOrCopied) {
  fs::last_write_time(file("a"), fs::file_time_type::clock::now() - std::chrono::hours(1));
  fs::copy_file(file("b"), file("b2"));
  fs::rename(file("b2"), file("b"));
  EXPECT_EQ(drift(), Files());
}

TEST_F(DriftTest, FindsAnEditThatHidesItsTime) {
  EXPECT_EQ(drift(), Files());
  const auto time = fs::last_write_time(file("a"));
  write(file("a"), "eno\n");
  fs::last_write_time(file("a"), time);
  EXPECT_EQ(drift(), (Files{{"a", Kind::contents}}));
}

TEST_F(DriftTest, PutsFilesBack) {
  write(file("a"), "ONE\n");
  fs::permissions(file("bin/run"), fs::perms::owner_read | fs::perms::owner_write);
  fs::remove(file("link"));
  write(file("link"), "a");
  fs::remove(file("new\nline"));
  put_all_back();
  EXPECT_EQ(read(file("a")), "one\n");
  EXPECT_EQ(mode(file("bin/run")) & 0700, 0700U);
  EXPECT_EQ(fs::read_symlink(file("link")), "a");
}

TEST_F(DriftTest, PutsBackOnlyWhatItIsAskedTo) {
  write(file("a"), "ONE\n");
  write(file("b"), "TWO\n");
  ASSERT_TRUE(put_back(git_, *release_, {"b"}));
  EXPECT_EQ(drift(), (Files{{"a", Kind::contents}}));
  for (const char* path : {"c", "../shop.git/config", "/etc/passwd", "bin"}) {
    const auto refused = put_back(git_, *release_, {"a", path});
    EXPECT_FALSE(refused) << path;
  }
  EXPECT_EQ(read(file("a")), "ONE\n");
}

TEST_F(DriftTest, PutsBackWhatADirectoryOrALinkStandsInTheWayOf) {
  fs::create_directory(path("outside"));
  write(path("outside/run"), "somebody's");
  fs::remove(file("a"));
  write(file("a/inner/file"), "x");
  fs::remove_all(file("bin"));
  fs::create_symlink(path("outside"), file("bin"));
  put_all_back();
  EXPECT_EQ(read(file("a")), "one\n");
  EXPECT_EQ(read(file("bin/run")), "#!/bin/sh\n");
  EXPECT_FALSE(fs::is_symlink(file("bin")));
  EXPECT_EQ(read(path("outside/run")), "somebody's");
}

TEST_F(DriftTest, ReplacesAFileByRename) {
  write(file("a"), "ONE\n");
  std::ifstream reader(file("a"));
  ASSERT_TRUE(put_back(git_, *release_, {"a"}));
  std::string line;
  std::getline(reader, line);
  EXPECT_EQ(line, "ONE") << "who has the old one open reads it to its end";
}

TEST_F(DriftTest, MakesALostOrDamagedIndexAgain) {
  write(file("a"), "ONE\n");
  for (const char* damage : {"", "DIRC", "not an index at all"}) {
    write(release_->index_file(), damage);
    EXPECT_EQ(drift(), (Files{{"a", Kind::contents}})) << damage;
  }
  fs::remove(release_->index_file());
  write(release_->index_file() + ".lock", "");
  EXPECT_EQ(drift(), (Files{{"a", Kind::contents}}));
}

TEST_F(DriftTest, RunsNothingThatAReleaseAsksFor) {
  for (const char* program : {"filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv"}) {
    ASSERT_TRUE(git_.ask({"config", program, "touch " + path("ran") + "; cat"}));
  }
  lay_out({{".gitattributes", {"* text eol=crlf filter=evil diff=evil\n"}},
           {"a", {"1\r\n2\n"}},
           {"s", {std::string(40, 'a'), "160000"}}});
  EXPECT_EQ(drift(), Files());
  write(file("a"), "1\n2\n");
  // A repository in the place of the submodule, with a program in its configuration.
  write(file("s/.git/config"),
        "[core]\n\tfsmonitor = touch " + path("ran") + "\n\trepositoryformatversion = 0\n");
  write(file("s/.git/HEAD"), "ref: refs/heads/main\n");
  fs::create_directories(file("s/.git/objects"));
  fs::create_directories(file("s/.git/refs"));
  EXPECT_EQ(drift(), (Files{{"a", Kind::contents}}));
  EXPECT_NE(drift_text(git_, *release_, drift(), 1000)->text.find("-1\r\n+1\n"), std::string::npos);
  put_all_back();
  EXPECT_EQ(read(file("a")), "1\r\n2\n");
  EXPECT_FALSE(exists(path("ran")));
}

}  // namespace
}  // namespace livefix::releases
