#include "control/cgi_head.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

TEST(CgiHead, HasAStatusAndFieldsAndASize) {
  const std::string text =
      "Status: 403 Forbidden\r\nContent-Type: text/plain\r\ncache-control: no-cache\r\n"
      "Content-Length: 4\r\nX-Other: 1\r\n\r\n";
  const auto head = parse_cgi_head(text + "body");
  ASSERT_TRUE(head && *head);
  EXPECT_EQ((*head)->status, 403U);
  EXPECT_EQ((*head)->size, text.size());
  ASSERT_EQ((*head)->fields.size(), 2U);
  EXPECT_EQ((*head)->fields[0], std::pair(std::string("Content-Type"), std::string("text/plain")));
  EXPECT_EQ((*head)->fields[1].first, "Cache-Control");
}

TEST(CgiHead, IsWholeWithItsEmptyLine) {
  const std::string text = "Content-Type: a/b\n\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto head = parse_cgi_head(text.substr(0, size));
    EXPECT_TRUE(head && !*head) << size;
  }
  const auto head = parse_cgi_head(text);
  ASSERT_TRUE(head && *head);
  EXPECT_EQ((*head)->status, 200U);
}

TEST(CgiHead, IsRefusedWhereItIsNone) {
  for (const std::string wrong :
       {"fatal\n", ": x\n", "Status: x\n", "Status: 100\n", "Status: 204 No Content\n",
        "Status: 2000\n", "Status: 200x\n", "Content-Type: a\rb\n"}) {
    EXPECT_FALSE(parse_cgi_head(wrong)) << wrong;
  }
  EXPECT_FALSE(parse_cgi_head("A: " + std::string(20'000, 'x')));
}

}  // namespace
}  // namespace livefix::control
