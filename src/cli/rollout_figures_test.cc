#include "cli/rollout_figures.h"

#include <gtest/gtest.h>

#include "cli/json_fields.h"

namespace livefix::cli {
namespace {

std::vector<std::string> figure_lines(std::string_view rollout) {
  const auto object = parse_json_object(rollout);
  std::vector<std::string> lines;
  if (!object) return lines;
  for (const ServiceFigures& one : figures_at(*object)) lines.push_back(figures_text(one));
  return lines;
}

TEST(RolloutFigures, TellOldAgainstNew) {
  EXPECT_EQ(figure_lines(R"({"figures":[
      {"service":"shop","percent":100,"requests":8020,"errors":0,"p99_us":17000,
       "old":{"requests":500,"errors":31,"p99_us":18000}},
      {"service":"cart","percent":50,"requests":1,"errors":1,"p99_us":null,"old":null}]})"),
            (std::vector<std::string>{
                "shop · 100 % · 8,020 requests · errors 0 % (old: 6.2 %) · p99 17 ms (old: 18 ms)",
                "cart · 50 % · 1 request · errors 100 %"}));
}

TEST(RolloutFigures, ThereAreNoneInTheRecordsOfAnOlderLivefix) {
  EXPECT_TRUE(figure_lines(R"({"id":1})").empty());
  EXPECT_TRUE(figure_lines(R"({"figures":7})").empty());
}

TEST(RolloutFigures, NonsenseIsAsGoodAsNothing) {
  EXPECT_EQ(figure_lines(R"({"figures":[{"service":"shop","requests":-3,"errors":-1,"old":{}}]})"),
            std::vector<std::string>{"shop · 0 % · 0 requests · errors 0 % (old: 0 %)"});
}

}  // namespace
}  // namespace livefix::cli
