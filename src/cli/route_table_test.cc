#include "cli/route_table.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

std::string shown(std::string_view json, bool all = false) {
  const auto table = route_table(json, all);
  return table ? *table : "refused: " + table.error().message;
}

constexpr std::string_view kOne =
    R"({"service":"shop","release":"dev-2","state":"serving","route":"/cart/:id","method":"GET",)"
    R"("requests":1000,"errors":62,"latency_us":{"p50":1500,"p99":250000}})";
constexpr std::string_view kMore =
    R"({"service":"shop","release":"dev-2","state":"serving","route":"/checkout","method":"POST",)"
    R"("requests":20000,"errors":1,"latency_us":{"p50":null,"p99":null}})";
constexpr std::string_view kOld =
    R"({"service":"shop","release":"dev-1","state":"draining","route":"/cart/:id","method":"GET",)"
    R"("requests":7,"errors":0,"latency_us":{"p50":900,"p99":900}})";

std::string routes(std::initializer_list<std::string_view> each) {
  std::string text = "{\"routes\":[";
  for (const auto one : each) text.append(one).push_back(',');
  if (each.size() > 0) text.pop_back();
  return text.append("]}");
}

TEST(RouteTable, ShowsTheBusiestRouteOfWhatServesFirst) {
  EXPECT_EQ(shown(routes({kOld, kOne, kMore})),
            "METHOD  ROUTE      REQUESTS  ERRORS            P50    P99\n"
            "POST    /checkout     20000       1  <0.1 %      -      -\n"
            "GET     /cart/:id      1000      62   6.2 %  1.5ms  250ms\n");
}

TEST(RouteTable, ShowsAllGenerationsWhenAsked) {
  const std::string table = shown(routes({kOld, kOne}), true);
  EXPECT_NE(table.find("RELEASE"), std::string::npos);
  EXPECT_NE(
      table.find("dev-1    GET     /cart/:id         7       0      -  0.9ms  0.9ms  draining"),
      std::string::npos)
      << table;
}

TEST(RouteTable, NamesTheServicesWhereThereAreSeveral) {
  std::string other(kMore);
  other.replace(other.find("shop"), 4, "cart");
  const std::string table = shown(routes({kOne, other}));
  EXPECT_TRUE(table.starts_with("SERVICE  METHOD")) << table;
  EXPECT_NE(table.find("cart     POST"), std::string::npos) << table;
}

TEST(RouteTable, NothingThatCameFromOutsideMovesTheCursor) {
  std::string odd(kOne);
  odd.replace(odd.find("/cart/:id"), 9, R"(/\u001b[2J)");
  EXPECT_EQ(shown(routes({odd})).find('\x1b'), std::string::npos);
}

TEST(RouteTable, SaysWhenThereIsNothing) {
  EXPECT_EQ(shown(routes({})), "no request has been answered yet\n");
  EXPECT_EQ(shown(routes({kOld})), "no request has been answered yet\n");
  EXPECT_EQ(shown("{}"), "refused: it answered with JSON that is no list of routes");
}

}  // namespace
}  // namespace livefix::cli
