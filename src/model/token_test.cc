#include "model/token.h"

#include <gtest/gtest.h>

namespace livefix {
namespace {

Token token(std::string name, Scope scope, std::string_view secret) {
  return {std::move(name), {scope}, Token::digest_of(secret), "2026-11-26T01:40:00Z"};
}

TEST(Token, IsTheSameAfterItWasWrittenDown) {
  const std::vector<Token> before{token("ci", Scope::push, "one"),
                                  token("anna-2", Scope::admin, "two")};
  const auto after = parse_tokens(tokens_to_json(before));
  ASSERT_TRUE(after) << after.error().message;
  ASSERT_EQ(after->size(), 2U);
  EXPECT_EQ((*after)[1].name, "anna-2");
  EXPECT_EQ((*after)[1].scopes, std::vector{Scope::admin});
  EXPECT_EQ((*after)[1].digest, Token::digest_of("two"));
  EXPECT_EQ((*after)[1].created, "2026-11-26T01:40:00Z");
  EXPECT_TRUE(parse_tokens(tokens_to_json({}))->empty());
  EXPECT_TRUE(parse_tokens("")->empty());
}

TEST(Token, IsWrittenDownWithoutItsSecret) {
  const std::vector<Token> tokens{token("ci", Scope::push, "planted-secret")};
  EXPECT_EQ(tokens_to_json(tokens).find("planted"), std::string::npos);
}

TEST(Token, IsFoundByItsWholeSecretOnly) {
  const std::vector<Token> tokens{token("ci", Scope::push, "one"), token("x", Scope::read, "two")};
  ASSERT_TRUE(find_token(tokens, "one"));
  EXPECT_EQ(find_token(tokens, "one")->name, "ci");
  EXPECT_EQ(find_token(tokens, "two")->name, "x");
  for (const auto* wrong : {"", "on", "onee", "ONE", "three"}) {
    EXPECT_FALSE(find_token(tokens, wrong)) << wrong;
  }
  EXPECT_FALSE(find_token({}, "one"));
}

TEST(Token, AllowsWhatItsScopeIncludes) {
  EXPECT_TRUE(token("x", Scope::read, "").allows(Scope::read));
  EXPECT_FALSE(token("x", Scope::read, "").allows(Scope::push));
  EXPECT_TRUE(token("x", Scope::push, "").allows(Scope::read));
  EXPECT_TRUE(token("x", Scope::push, "").allows(Scope::push));
  EXPECT_FALSE(token("x", Scope::push, "").allows(Scope::admin));
  EXPECT_TRUE(token("x", Scope::admin, "").allows(Scope::push));
  EXPECT_FALSE(Token{}.allows(Scope::read));
}

TEST(Token, SecretsAreLongAndNeverTheSame) {
  const auto one = make_token_secret();
  const auto two = make_token_secret();
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->size(), std::string_view("livefix_").size() + 64);
  EXPECT_NE(*one, *two);
}

TEST(Token, NamesAreShortAndPlain) {
  EXPECT_TRUE(Token::is_name("ci"));
  EXPECT_TRUE(Token::is_name(std::string(64, 'a')));
  for (const std::string wrong : {"", "CI", "a b", "a/b", "\xc3\xa9"}) {
    EXPECT_FALSE(Token::is_name(wrong)) << wrong;
  }
  EXPECT_FALSE(Token::is_name(std::string(65, 'a')));
}

TEST(Token, WhatIsNoTokenIsRefused) {
  const std::string digits(64, 'a');
  const auto one = [](std::string_view name, std::string_view scopes, std::string_view digest) {
    return fmt::format(R"({{"tokens":[{{"name":"{}","scopes":{},"sha256":"{}"}}]}})", name, scopes,
                       digest);
  };
  ASSERT_TRUE(parse_tokens(one("ci", R"(["push"])", digits)));
  for (const std::string& wrong :
       {std::string("x"), std::string("[]"), std::string(R"({"tokens":1})"),
        std::string(R"({"tokens":[1]})"), one("C I", R"(["push"])", digits),
        one("ci", R"(["all"])", digits), one("ci", "[]", digits), one("ci", "[7]", digits),
        one("ci", R"(["push"])", digits.substr(1)),
        one("ci", R"(["push"])", digits.substr(1) + "g"),
        one("ci", R"(["push"])", digits.substr(2) + "-1")}) {
    EXPECT_FALSE(parse_tokens(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace livefix
