#include "cli/symptom_text.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

constexpr std::string_view kList = R"json({"symptoms":[
  {"id":"29ab674d34","service":"shop","method":"POST","route":"/checkout","status":500,"cause":"",
   "error":"TypeError: Cannot read properties of undefined (reading 'rate')",
   "first_seen":"2026-11-26T10:00:00.000Z","last_seen":"2026-11-26T10:04:00.000Z",
   "failures":1412,"recent":412,"share":0.062,"since_release":"a1b2c3d"},
  {"id":"0123456789","service":"shop","method":"GET","route":"/cart/:id","status":502,
   "cause":"backend closed","error":"","first_seen":"2026-11-26T10:00:00.000Z",
   "last_seen":"2026-11-26T10:04:00.000Z","failures":3,"recent":3,"share":null,
   "since_release":""}],"unrecorded":[]})json";

TEST(SymptomText, ATableHasALineForEach) {
  EXPECT_EQ(
      symptom_table(kList, false),
      "ID          METHOD  ROUTE      STATUS  WHY                                               "
      "               FAILURES\n"
      "29ab674d34  POST    /checkout  500     TypeError: Cannot read properties of undefined "
      "(reading 'rate')  412 in 5 m · 6.2 % · since release a1b2c3d\n"
      "0123456789  GET     /cart/:id  502     backend closed                                    "
      "               3 in 5 m\n");
}

TEST(SymptomText, ACallOfGrpcThatFailedHasItsCodeInPlaceOfAStatus) {
  constexpr std::string_view kCall =
      R"({"id":"29ab674d34","service":"shop","method":"POST","route":"/shop.Shop/Buy","status":200,)"
      R"("grpc_status":13,"cause":"","error":"no rate","recent":3,"failures":3})";
  const auto table = symptom_table(R"({"symptoms":[)" + std::string(kCall) + "]}", false);
  ASSERT_TRUE(table);
  EXPECT_NE(table->find("POST    /shop.Shop/Buy  grpc 13 INTERNAL  no rate  3 in 5 m"),
            std::string::npos)
      << *table;
  const auto all = symptom_text(kCall);
  ASSERT_TRUE(all);
  EXPECT_NE(all->find("POST /shop.Shop/Buy grpc 13 INTERNAL\n"), std::string::npos) << *all;
}

TEST(SymptomText, WhatIsGoneIsSaidToBe) {
  const auto table = symptom_table(
      R"({"symptoms":[{"id":"29ab674d34","service":"a","method":"GET","route":"/","status":500,
                       "recent":412,"share":0.062,"since_release":"a1b2c3d","gone":true}],
          "unrecorded":[]})",
      false);
  ASSERT_TRUE(table);
  EXPECT_NE(table->find("412 in 5 m · 6.2 % · gone · since release a1b2c3d"), std::string::npos)
      << *table;
}

TEST(SymptomText, NothingThatFailsIsASentence) {
  EXPECT_EQ(symptom_table(R"({"symptoms":[],"unrecorded":[]})", false),
            "no symptoms in the last hour\n");
  EXPECT_EQ(symptom_table(R"({"symptoms":[],"unrecorded":[]})", true), "no symptoms\n");
  EXPECT_EQ(symptom_table(R"({"symptoms":[],"unrecorded":["cart"]})", false),
            "no symptoms in the last hour\n"
            "failures of cart are not recorded, so nobody knows why they were; record.memory and "
            "record.failures turn that on\n");
  EXPECT_FALSE(symptom_table("{}", false));
  EXPECT_FALSE(symptom_table("[", false));
}

TEST(SymptomText, WhatAProgramWroteDoesNotActOnTheTerminal) {
  const auto table = symptom_table(
      R"({"symptoms":[{"id":"0123456789","service":"a","route":"/","error":"\u001b[2Jgone"},
                      {"id":"0123456780","service":"b","route":"/","error":"x"}]})",
      false);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->find('\x1b'), std::string::npos);
  EXPECT_NE(table->find("SERVICE"), std::string::npos) << "there are two";
}

TEST(SymptomText, AllOfOne) {
  EXPECT_EQ(symptom_text(R"({"id":"29ab674d34","service":"shop","method":"POST",
    "route":"/checkout","status":500,"cause":"","error":"TypeError: oh",
    "first_seen":"2026-11-26T10:00:00.000Z","last_seen":"2026-11-26T10:04:00.000Z",
    "failures":1412,"recent":412,"share":0.062,"since_release":"a1b2c3d",
    "releases":[{"release":"0a0b0c0","failures":12},{"release":"a1b2c3d","failures":1400}],
    "minutes":[9,9,0,0,0,0,0,0,0,12,400,1000],"samples":[17,18]})"),
            "symptom 29ab674d34  POST /checkout 500\n"
            "  why       TypeError: oh\n"
            "  service   shop\n"
            "  failures  412 in 5 m · 6.2 % · 1,412 in all\n"
            "  since     release a1b2c3d\n"
            "  first     2026-11-26 10:00:00 UTC\n"
            "  last      2026-11-26 10:04:00 UTC\n"
            "  releases  0a0b0c0 (12), a1b2c3d (1,400)\n"
            "  minutes   0 0 0 0 0 0 0 12 400 1000  (the last 10, this one at the end)\n"
            "  requests  17, 18  (livefix request 18)\n");
}

}  // namespace
}  // namespace livefix::cli
