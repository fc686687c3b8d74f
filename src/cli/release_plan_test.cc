#include "cli/release_plan.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

constexpr auto kPlan =
    R"({"commit":"7f3c2d1e55aa","subject":"fix \u001b[2J the cart","signed_by":"",
"branch":"main","branch_head":"a1b2c3d4e5","forced":false,"refused":"","busy":"","built":false,
"keep":[{"directory":"node_modules","carried":true,"reason":""},
        {"directory":"vendor","carried":false,"reason":"go.sum changed"}],
"services":[
 {"service":"shop","plan":"handover","reason":"a new process","runs":"a1b2c3d4e5",
  "changed":{"count":12,"files":[{"status":"M","path":"server.js"},{"status":"A","path":"a\nb"},
   {"status":"D","path":"3"},{"status":"D","path":"4"},{"status":"D","path":"5"},
   {"status":"D","path":"6"},{"status":"D","path":"7"},{"status":"D","path":"8"},
   {"status":"D","path":"9"},{"status":"D","path":"10"},{"status":"D","path":"11"}]},
  "build":"npm ci","rollout":{"steps":[5,50,100],"bake_ms":10000,"warm_ms":600000,
   "max_error_rate":0.005,"max_p99":0.5,"little_traffic":"go_on","replay":true,
   "health":{"path":"/healthz","timeout_ms":2500}}},
 {"service":"api","plan":"nothing","reason":"its files are those that run","runs":"a1b2c3d4e5",
  "changed":{"count":0,"files":[]}}]})";

TEST(PlanText, TellsWhatAPushWouldDo) {
  EXPECT_EQ(
      plan_text(kPlan).value_or(""),
      "7f3c2d1  fix ^[[2J the cart\n"
      "  shop  handover: a new process\n"
      "    files   12 changed since a1b2c3d\n"
      "            M server.js\n"
      "            A a^Jb\n"
      "            D 3\n            D 4\n            D 5\n            D 6\n"
      "            D 7\n            D 8\n            D 9\n            D 10\n"
      "            and 2 more\n"
      "    build   npm ci\n"
      "    gates   /healthz answers within 2.5 s · no recorded request fails anew · no crash · "
      "errors at most 0.5 % above the old one's · p99 at most 50 % above it\n"
      "    steps   5 %, 50 %, 100 %, each for 10 s, then the old one is kept warm for 10 min\n"
      "  api   nothing: its files are those that run\n"
      "  node_modules is carried over\n"
      "  vendor is not carried over: go.sum changed\n");
}

TEST(PlanText, TellsWhyAPushWouldBeRefused) {
  EXPECT_EQ(plan_text(R"({"commit":"7f3c2d1e","subject":"x","refused":"it has submodules",
                          "branch":"main","branch_head":"a1b2c3d4","forced":true,
                          "busy":"a1b2c3d is being rolled out",
                          "services":[{"service":"shop","plan":"refused",
                                       "reason":"it has submodules","changed":{"count":0}}]})")
                .value_or(""),
            "7f3c2d1  x\n"
            "  a push of it would be refused: it has submodules\n"
            "  shop  refused: it has submodules\n"
            "  what main is at (a1b2c3d) is not in its history: the push has to be forced\n"
            "  a push would be refused now: a1b2c3d is being rolled out\n");
}

TEST(PlanText, DoesNotCompareAFirstStart) {
  const auto text = plan_text(R"({"commit":"7f3c2d1e","subject":"x","services":[
      {"service":"shop","plan":"first_start","reason":"it runs nothing yet","build":null,
       "rollout":{"steps":[100],"bake_ms":0,"max_error_rate":0,"health":null}}]})");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("gates   no crash · errors at most 0 %\n"), std::string::npos) << *text;
  EXPECT_NE(text->find("steps   100 %, each for 0 ms\n"), std::string::npos) << *text;
}

TEST(PlanText, RefusesWhatIsNoAnswer) {
  EXPECT_FALSE(plan_text("[]"));
  EXPECT_TRUE(plan_text("{}"));
}

}  // namespace
}  // namespace livefix::cli
