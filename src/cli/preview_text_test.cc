#include "cli/preview_text.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace livefix::cli {
namespace {

std::string text_of_preview(const char* json) {
  return preview_text(boost::json::parse(json).as_object());
}

TEST(PreviewText, HasALinkAndAFieldForCurl) {
  EXPECT_EQ(
      text_of_preview(
          R"({"service":"shop","candidate":true,"release":"7f3c2d1","until":"2026-11-26T19:00:00.000Z",
              "field":"Livefix-Preview: candidate.1.ab","urls":["http://localhost:3000"],
              "links":["http://localhost:3000/?livefix-preview=candidate.1.ab"]})"),
      "candidate 7f3c2d1 of shop\n"
      "  in a browser  http://localhost:3000/?livefix-preview=candidate.1.ab\n"
      "  with curl     curl -H 'Livefix-Preview: candidate.1.ab' http://localhost:3000\n"
      "  good until    2026-11-26T19:00:00.000Z, for whoever has it\n");
}

TEST(PreviewText, SaysWhatIsShown) {
  EXPECT_TRUE(text_of_preview(R"({"service":"shop","candidate":true,"release":""})")
                  .starts_with("the next candidate of shop: while there is none"));
  EXPECT_TRUE(text_of_preview(R"({"service":"shop","candidate":false,"release":"a1b2c3d"})")
                  .starts_with("a1b2c3d of shop\n"));
}

}  // namespace
}  // namespace livefix::cli
