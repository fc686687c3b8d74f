#include "cli/push_report.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

GitPushEnd failed(std::vector<std::string> git_lines) {
  return {.exit_status = 1, .git_lines = std::move(git_lines)};
}

TEST(GitLine, IsOfLivefixOrOfGit) {
  const auto told = parse_git_line("remote: livefix  5 % of the traffic        ");
  EXPECT_EQ(told.kind, GitLine::Kind::livefix);
  EXPECT_EQ(told.text, "5 % of the traffic");
  EXPECT_EQ(parse_git_line("remote:     at server.js:3").text, "    at server.js:3");
  EXPECT_EQ(parse_git_line("remote:").kind, GitLine::Kind::livefix);
  const auto verdict = parse_git_line(R"(remote: livefix-verdict {"ok":true}    )");
  EXPECT_EQ(verdict.kind, GitLine::Kind::verdict);
  EXPECT_EQ(verdict.text, R"({"ok":true})");
  EXPECT_EQ(parse_git_line("To http://h/shop.git").kind, GitLine::Kind::git);
}

TEST(ToldVerdict, IsReadFromItsLine) {
  const auto verdict = parse_told_verdict(
      R"({"ok":false,"outcome":"taken_back","gate":"errors","message":"errors 6 %","new":1})");
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->ok);
  EXPECT_EQ(verdict->outcome, "taken_back");
  EXPECT_EQ(verdict->gate, "errors");
  EXPECT_EQ(parse_told_verdict(R"({"ok":false,"message":"stopping"})")->outcome, "refused");
  EXPECT_FALSE(parse_told_verdict("{"));
  EXPECT_FALSE(parse_told_verdict("{}"));
}

TEST(PushReport, IsTheVerdict) {
  GitPushEnd end{.verdict = ToldVerdict{true, "promoted", "", "live"}};
  EXPECT_EQ(report_of(end, "c", {}).exit_status(), 0);
  end.exit_status = 1;
  EXPECT_EQ(report_of(end, "c", {}).exit_status(), 0) << "what runs is what livefix says";
  end.verdict = ToldVerdict{false, "taken_back", "errors", "errors 6 %"};
  const auto report = report_of(end, "c", {"one", "two"});
  EXPECT_EQ(report.exit_status(), 1);
  EXPECT_EQ(report.json(), R"({"ok":false,"commit":"c","outcome":"taken_back","gate":"errors",)"
                           R"("message":"errors 6 %","took_ms":0,"lines":["one","two"]})");
}

TEST(PushReport, SaysWhatGitDoesNotLike) {
  const auto shallow = report_of(failed({"To http://h",
                                         " ! [remote rejected] c -> main (shallow "
                                         "update not allowed)"}),
                                 "c", {});
  EXPECT_EQ(shallow.exit_status(), 1);
  EXPECT_EQ(shallow.outcome, "refused");
  EXPECT_NE(shallow.message.find("fetch-depth: 0"), std::string::npos) << shallow.message;
  const auto behind =
      report_of(failed({" ! [rejected]  c -> main (fetch first)", "error: failed"}), "c", {});
  EXPECT_NE(behind.message.find("--force"), std::string::npos) << behind.message;
  auto shallow_too = failed({" ! [rejected]  c -> main (fetch first)"});
  shallow_too.is_shallow = true;
  EXPECT_NE(report_of(shallow_too, "c", {}).message.find("fetch-depth: 0"), std::string::npos);
  EXPECT_EQ(report_of(failed({"error: failed to push"}), "c", {"refused: no"}).message,
            "refused: no");
}

TEST(PushReport, AServerThatGoesAwayIsNotReached) {
  const auto gone = report_of(failed({"error: RPC failed; curl 52",
                                      "fatal: the remote end hung up "
                                      "unexpectedly"}),
                              "c", {"5 %"});
  EXPECT_EQ(gone.exit_status(), kNotReached);
  EXPECT_EQ(gone.outcome, "unreachable");
}

TEST(PushReport, ABrokenOffOneIsNotLive) {
  const auto late = report_of({.reason = GitPushEnd::Reason::timed_out}, "c", {});
  EXPECT_EQ(late.exit_status(), kNotLive);
  EXPECT_EQ(late.outcome, "broken_off");
  EXPECT_EQ(report_of({}, "c", {}).outcome, "unchanged") << "Git had nothing to push";
}

}  // namespace
}  // namespace livefix::cli
