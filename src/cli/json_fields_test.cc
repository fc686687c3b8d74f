#include "cli/json_fields.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

std::string patch_of(std::string_view json) {
  const auto object = parse_json_object(json);
  EXPECT_TRUE(object);
  const auto patch = object ? patch_at(*object) : Result<std::string>("");
  return patch ? *patch : "failed: " + patch.error().message;
}

TEST(JsonFields, APatchIsTheBytesThatItWas) {
  EXPECT_EQ(patch_of(R"({"text":"+ä\n"})"), "+ä\n");
  EXPECT_EQ(patch_of(R"({"base64":"K/8K"})"), "+\xff\n");
  EXPECT_EQ(patch_of(R"({"base64":"/w=="})"), "\xff");
  EXPECT_EQ(patch_of(R"({"base64":"//8="})"), "\xff\xff");
  EXPECT_EQ(patch_of("{}"), "");
}

TEST(JsonFields, WhatIsNoBase64IsSaid) {
  EXPECT_EQ(patch_of(R"({"base64":"*"})"), "failed: it answered with a patch that is no base64");
}

TEST(JsonFields, WhatIsMissingIsEmpty) {
  const auto object = parse_json_object(R"({"a":1,"b":"x","c":[1,{},"y"]})");
  ASSERT_TRUE(object);
  EXPECT_EQ(text_at(*object, "a"), "");
  EXPECT_EQ(number_at(*object, "b"), 0);
  EXPECT_EQ(fraction_at(*object, "a"), 1.0);
  EXPECT_EQ(object_at(*object, "c"), nullptr);
  EXPECT_EQ(objects_at(*object, "c").size(), 1U);
  EXPECT_EQ(texts_at(*object, "c"), std::vector<std::string>{"y"});
  EXPECT_FALSE(flag_at(*object, "d"));
}

}  // namespace
}  // namespace livefix::cli
