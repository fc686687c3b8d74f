#include "model/token_change.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace livefix {
namespace {

Token ci() {
  return {"ci", {Scope::read, Scope::push}, Token::digest_of("planted-secret"), "now"};
}

TokenRegister register_of(int changes) {
  TokenRegister all{{ci()}, {}};
  for (int i = 0; i < changes; ++i) {
    EXPECT_TRUE(all.note(TokenChange::What::add, ci(), "anna", "2026-11-26T01:40:00Z"));
  }
  return all;
}

std::string changed(std::string_view text, std::string_view what, std::string_view by) {
  std::string result(text);
  const auto at = result.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return result.replace(at, what.size(), by);
}

TEST(TokenChange, IsTheSameAfterItWasWrittenDown) {
  TokenRegister all = register_of(1);
  ASSERT_TRUE(all.note(TokenChange::What::remove, ci(), "bob", "2026-11-26T01:41:00Z"));
  const auto read = parse_token_register(token_register_to_json(all));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->changes, all.changes);
  ASSERT_EQ(read->tokens.size(), 1U);
  EXPECT_EQ(read->changes[0].number, 1U);
  EXPECT_EQ(read->changes[1].number, 2U);
  EXPECT_EQ(read->changes[1].who, "bob");
  EXPECT_EQ(read->changes[1].scope, Scope::push) << "the widest";
  EXPECT_NE(read->changes[0].id, read->changes[1].id);
}

TEST(TokenChange, HasNeitherSecretNorDigest) {
  const std::string text = token_register_to_json(register_of(1));
  const std::string journal = text.substr(text.find("\"changes\""));
  const std::string tokens = text.substr(0, text.find("\"changes\""));
  const std::string digest = tokens.substr(tokens.find("\"sha256\":\"") + 10, 64);
  EXPECT_EQ(journal.find(digest), std::string::npos);
  EXPECT_EQ(text.find("planted"), std::string::npos);
}

TEST(TokenChange, OldFilesHaveNone) {
  const auto read = parse_token_register(tokens_to_json(std::vector{ci()}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->tokens.size(), 1U);
  EXPECT_TRUE(read->changes.empty());
  EXPECT_TRUE(parse_token_register("")->tokens.empty());
  EXPECT_TRUE(parse_tokens(token_register_to_json(register_of(2))));
}

TEST(TokenChange, OnlySoManyAreKeptAndTheyHaveRoom) {
  TokenRegister all = register_of(0);
  const Token longest{std::string(64, 'a'), {Scope::admin}, {}, std::string(32, '0')};
  for (std::size_t i = 0; i < kMostTokenChanges + 5; ++i) {
    ASSERT_TRUE(all.note(TokenChange::What::remove, longest, std::string(300, 'w'),
                         "2026-11-26T01:40:00Z"));
  }
  EXPECT_EQ(all.changes.size(), kMostTokenChanges);
  EXPECT_EQ(all.changes.front().number, 6U);
  const std::string text = token_register_to_json(all);
  EXPECT_LT(text.size(), kMaxTokenFile / 2);
  EXPECT_TRUE(parse_token_register(text));
}

TEST(TokenChange, TheHighestNumberIsNotPassed) {
  TokenRegister all = register_of(1);
  all.changes[0].number = UINT32_MAX;
  ASSERT_TRUE(all.note(TokenChange::What::add, ci(), "anna", "2026-11-26T01:40:00Z"));
  EXPECT_EQ(all.changes[1].number, UINT32_MAX);
  EXPECT_TRUE(parse_token_register(token_register_to_json(all)));
}

TEST(TokenChange, WhatIsNoneIsRefused) {
  TokenRegister all = register_of(1);
  all.changes[0].id = "0123456789abcdef";
  const std::string good = token_register_to_json(all);
  ASSERT_TRUE(parse_token_register(good));
  const auto refuses = [&](std::string_view what, std::string_view by) {
    const auto read = parse_token_register(changed(good, what, by));
    EXPECT_FALSE(read) << what << " as " << by;
    if (!read) {
      EXPECT_NE(read.error().message.find("change"), std::string::npos);
    }
  };
  refuses("0123456789abcdef", "0123456789abcde");
  refuses("0123456789abcdef", "0123456789abcdeg");
  refuses("\"number\":1", "\"number\":0");
  refuses("\"number\":1", "\"number\":-1");
  refuses("\"number\":1", "\"number\":4294967296");
  refuses("\"number\":1", "\"number\":1e3");
  refuses("\"number\":1", "\"number\":\"1\"");
  refuses("2026-11-26T01:40:00Z", "yesterday");
  refuses("2026-11-26T01:40:00Z", "2026-11-26T01:40:00Zx");
  refuses("\"who\":\"anna\"", "\"who\":\"\"");
  refuses("\"who\":\"anna\"", "\"who\":\"an\\u001b[31mna\"");
  refuses("\"who\":\"anna\"", fmt::format("\"who\":\"{}\"", std::string(65, 'a')));
  refuses("\"what\":\"add\"", "\"what\":\"steal\"");
  refuses("\"token\":\"ci\"", "\"token\":\"C I\"");
  refuses("\"scope\":\"push\"", "\"scope\":\"all\"");
  for (const auto* list : {"1", "{}", "[1]", "[[]]", "null"}) {
    EXPECT_FALSE(parse_token_register(fmt::format(R"({{"tokens":[],"changes":{}}})", list)))
        << list;
  }
}

TEST(TokenChange, OneThatIsThereTwiceOrTooManyAreRefused) {
  TokenRegister all = register_of(2);
  all.changes[1].id = all.changes[0].id;
  EXPECT_FALSE(parse_token_register(token_register_to_json(all)));
  all = register_of(static_cast<int>(kMostTokenChanges));
  all.changes.push_back(all.changes.back());
  all.changes.back().id = "0123456789abcdef";
  const auto read = parse_token_register(token_register_to_json(all));
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("1000"), std::string::npos);
}

}  // namespace
}  // namespace livefix
