#include "releases/tree_survey.h"

#include "releases/git_fixture.h"

namespace livefix::releases {
namespace {

using TreeSurveyTest = GitFixture;
using Paths = std::vector<std::string>;

const char* const kPointer =
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 12345\n";

TEST_F(TreeSurveyTest, CountsFilesAndBytes) {
  const auto made = commit({{"a", {"123"}}, {"b/c", {"4567"}}, {"b/empty", {""}}});
  const auto survey = survey_tree(git_, made, "");
  ASSERT_TRUE(survey) << survey.error().message;
  EXPECT_EQ(survey->files, 3U);
  EXPECT_EQ(survey->bytes, 7U);
  EXPECT_EQ(survey_tree(git_, made, "b")->files, 2U);
  EXPECT_EQ(survey_tree(git_, made, "nothing")->files, 0U);
  EXPECT_EQ(survey_tree(git_, commit({}, "empty"), "")->files, 0U);
}

TEST_F(TreeSurveyTest, NamesSubmodulesAndPointers) {
  const auto made = commit({{"shop/lib", {std::string(40, 'a'), "160000"}},
                            {"shop/model\n.bin", {kPointer}},
                            {"shop/readme",
                             {"about version https://git-lfs.github.com/spec/v1, "
                              "which is not at the beginning here"}},
                            {"mail/logo.png", {kPointer}}});
  const auto all = survey_tree(git_, made, "");
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->submodules, Paths{"shop/lib"});
  EXPECT_EQ(all->lfs_pointers, (Paths{"mail/logo.png", "shop/model\n.bin"}));
  const auto mail = survey_tree(git_, made, "mail");
  ASSERT_TRUE(mail);
  EXPECT_TRUE(mail->submodules.empty());
  EXPECT_EQ(mail->lfs_pointers, Paths{"mail/logo.png"});
}

TEST_F(TreeSurveyTest, NamesLinksThatLeadOut) {
  FixtureTree tree{{"sub/file", {"1"}}};
  const Paths out{"/etc/passwd", "..", "../x", "sub/../../x", "sub/..", "./../x"};
  const Paths in{"sub/file", "sub", ".", "./sub//file", "missing"};
  Paths expected;
  for (std::size_t i = 0; i < out.size(); ++i) {
    expected.push_back("out" + std::to_string(i));
    tree[expected.back()] = {out[i], "120000"};
  }
  for (std::size_t i = 0; i < in.size(); ++i) tree["in" + std::to_string(i)] = {in[i], "120000"};
  tree["sub/in"] = {"../sub", "120000"};
  tree["sub/out"] = {"../../sub", "120000"};
  expected.push_back("sub/out");
  const auto survey = survey_tree(git_, commit(tree), "");
  ASSERT_TRUE(survey) << survey.error().message;
  EXPECT_EQ(survey->outward_links, expected);
}

TEST_F(TreeSurveyTest, RefusesNamesThatLeadOut) {
  const auto file = blob("x").hex();
  const auto inner = raw_tree({"100644 blob " + file + "\tx"}).hex();
  for (const std::string name : {"..", ".", ".git", ".GIT"}) {
    const auto survey = survey_tree(git_, raw_commit({"100644 blob " + file + "\t" + name}), "");
    ASSERT_FALSE(survey) << name;
    EXPECT_NE(survey.error().message.find("\"" + name + "\" in commit"), std::string::npos)
        << survey.error().message;
    EXPECT_FALSE(survey_tree(git_, raw_commit({"040000 tree " + inner + "\t" + name}), ""));
  }
}

TEST_F(TreeSurveyTest, RefusesALinkAndADirectoryOfOneName) {
  const auto inner = raw_tree({"100644 blob " + blob("x").hex() + "\tx"}).hex();
  const auto made =
      raw_commit({"120000 blob " + blob("/tmp").hex() + "\ta",
                  "100644 blob " + blob("x").hex() + "\ta.txt", "040000 tree " + inner + "\ta"});
  const auto survey = survey_tree(git_, made, "");
  ASSERT_FALSE(survey);
  EXPECT_NE(survey.error().message.find("\"a\" in commit"), std::string::npos)
      << survey.error().message;
}

TEST_F(TreeSurveyTest, RefusesWhatIsTooMuch) {
  const auto made = commit({{"a", {"123"}}, {"b", {"4567"}}});
  EXPECT_TRUE(survey_tree(git_, made, "", {.files = 2, .bytes = 7}));
  const auto files = survey_tree(git_, made, "", {.files = 1, .bytes = 7});
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().message.find("more than 1 files"), std::string::npos);
  EXPECT_FALSE(survey_tree(git_, made, "", {.files = 2, .bytes = 6}));
}

TEST_F(TreeSurveyTest, DoesNotCountATreeThatHoldsItselfManyTimes) {
  auto tree = raw_tree({"100644 blob " + blob("x").hex() + "\tx"});
  for (int level = 0; level < 12; ++level) {
    std::vector<std::string> entries;
    for (char name = '0'; name <= '9'; ++name) {
      entries.push_back("040000 tree " + tree.hex() + "\t" + name);
    }
    tree = raw_tree(entries);  // 10^12 files at the end
  }
  const auto made = raw_commit({"040000 tree " + tree.hex() + "\tbomb"});
  const auto survey = survey_tree(git_, made, "", {.files = 1000});
  ASSERT_FALSE(survey);
  EXPECT_NE(survey.error().message.find("more than 1000 files"), std::string::npos)
      << survey.error().message;
}

TEST_F(TreeSurveyTest, RefusesALinkThatIsNoPath) {
  EXPECT_FALSE(survey_tree(git_, commit({{"l", {std::string(5000, 'x'), "120000"}}}), ""));
}

TEST(Printable, IsOneLineWithoutControlCharacters) {
  EXPECT_EQ(printable("a\nb\x1b[31m\"\\"), "a\\nb\\033[31m\\\"\\\\");
  EXPECT_EQ(printable("größe"), "größe");
}

}  // namespace
}  // namespace livefix::releases
