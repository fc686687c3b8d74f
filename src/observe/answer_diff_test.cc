#include "observe/answer_diff.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <random>

namespace livefix::observe {
namespace {

namespace json = boost::json;

Answer page(std::string_view body, std::string_view type = "text/html") {
  return {200, {{"Content-Type", type}}, body, false};
}

Answer json_answer(std::string_view body) {
  return page(body, "application/json");
}

std::string told(const Answer& before, const Answer& after, const Noise& noise = {}) {
  return phrase(diff(before, after, noise), 50);
}

std::string told(std::string_view before, std::string_view after, const Noise& noise = {}) {
  return told(json_answer(before), json_answer(after), noise);
}

// --- status and fields
// -----------------------------------------------------------------------------

TEST(AnswerDiff, StatusAndFieldsThatMatter) {
  const Answer before{200, {{"content-type", "text/plain"}, {"Date", "a"}, {"ETag", "b"}}, "x"};
  EXPECT_EQ(told(before, {500, {{"Content-Type", "TEXT/plain"}, {"Date", "c"}}, "x"}),
            "status: 200 → 500");
  EXPECT_EQ(told(before, {200, {{"Content-Type", "text/html"}, {"Location", "/a\x1b[1m"}}, "x"}),
            "content-type: text/plain → text/html; location: absent → /a [1m");
  const Answer varied{200, {{"Vary", "a"}, {"vary", "b"}}, ""};
  EXPECT_EQ(told(varied, {200, {{"Vary", "a, b"}}, ""}), "");
}

TEST(AnswerDiff, CookiesAreComparedWithoutTheirValues) {
  const Answer before{
      200, {{"Set-Cookie", "sid=secret1; Path=/; HttpOnly; Expires=Thu"}, {"Set-Cookie", "b=1"}}};
  EXPECT_EQ(told(before, {200,
                          {{"Set-Cookie", "b=2"},
                           {"Set-Cookie", "sid=secret2; path=/; httponly; expires=Fri"}}}),
            "");
  EXPECT_EQ(told(before, {200, {{"Set-Cookie", "b=2"}, {"Set-Cookie", "sid=secret2; path=/"}}}),
            "set-cookie: b, sid; path=/; httponly → b, sid; path=/");
}

// --- JSON
// ------------------------------------------------------------------------------------------

TEST(AnswerDiff, ValuesOfJsonByTheirPath) {
  EXPECT_EQ(told(R"({"a": 1, "items": [{"price": 1}, {"price": 2}, {"price": 12}]})",
                 R"({"items": [{"price": 1}, {"price": 2}, {"price": 13}], "a": 1.0})"),
            "$.items[2].price: 12 → 13");
  EXPECT_EQ(told(R"({"a": "x", "strange key": true})", R"({"a": null, "new": {"token": "t"}})"),
            "$.a: \"x\" → null; $[\"strange key\"]: true → absent; $.new: absent → object of 1");
  EXPECT_EQ(told("[1]", R"({"a": 1})"), "$: array of 1 → object of 1");
  EXPECT_EQ(told("1", "18446744073709551615"), "$: 1 → 18446744073709551615");
  EXPECT_EQ(told("[]", "[]"), "");
}

TEST(AnswerDiff, TheInnermostNameIsTold) {
  const auto found = diff(json_answer(R"({"user": {"tokens": ["a"]}})"),
                          json_answer(R"({"user": {"tokens": ["b"]}})"));
  ASSERT_EQ(found.list.size(), 1U);
  EXPECT_EQ(found.list[0].path, "$.user.tokens[0]");
  EXPECT_EQ(found.list[0].name, "tokens");
  EXPECT_EQ(found.list[0].aspect, Aspect::json);
}

TEST(AnswerDiff, AnElementThatCameOrWentIsOneDifference) {
  EXPECT_EQ(told(R"([{"id":1},{"id":2},{"id":3}])", R"([{"id":1},{"id":3}])"),
            "$[1]: object of 1 → absent");
  EXPECT_EQ(told(R"([{"id":1},{"id":3}])", R"([{"id":1},{"id":2},{"id":3}])"),
            "$[1]: absent → object of 1");
}

TEST(AnswerDiff, WhatIsNoJsonIsADifference) {
  EXPECT_EQ(told("{\"a\":1}", "{\"a\":1"), "body: JSON → text of 6 bytes");
  EXPECT_EQ(told("{\"a\":1}", ""), "body: JSON → empty");
  EXPECT_EQ(told(Answer{200, {}, "{\"a\":1}"}, Answer{200, {}, " {\"a\": 2}"}), "$.a: 1 → 2");
}

TEST(AnswerDiff, DeepJsonIsComparedAsText) {
  const std::string deep(10'000, '[');
  EXPECT_EQ(diff(json_answer(deep + "1"), json_answer(deep + "2")).list.size(), 1U);
}

// --- text and bytes
// --------------------------------------------------------------------------------

TEST(AnswerDiff, TextByLines) {
  EXPECT_EQ(told(page("a\nb\nc\n"), page("a\r\nB\r\nc\r\n")), "line 2: \"b\" → \"B\"");
  EXPECT_EQ(told(page("a\nb\nc\n"), page("a\nc\n")), "line 2: \"b\" → absent");
  EXPECT_EQ(told(page("a\nc\n"), page("a\nb\x1b[2J\nc\n")), "line 2: absent → \"b [2J\"");
}

TEST(AnswerDiff, BytesByTheFirstThatDiffers) {
  using namespace std::string_view_literals;
  EXPECT_EQ(told(page("\0abc"sv), page("\0abXY"sv)),
            "body: 4 bytes → 5 bytes, different from byte 3 on");
  EXPECT_EQ(told(page("text"), page("\xff\xfe bytes")), "body: text of 4 bytes → 8 bytes");
}

TEST(AnswerDiff, OfCutBodiesWhatBothHaveIsCompared) {
  Answer before = json_answer(R"({"a":1,"b":)");
  before.cut = true;
  EXPECT_EQ(told(before, json_answer(R"({"a":1,"b":2})")), "");
  EXPECT_EQ(told(before, json_answer(R"({"a":3,"b":2})")),
            R"(line 1: "{"a":1,"b":" → "{"a":3,"b":")");
  before.body = {};
  EXPECT_EQ(told(before, json_answer("{}")), "");
}

TEST(AnswerDiff, IsBounded) {
  json::array before;
  json::array after;
  for (int i = 0; i < 5'000; ++i) {
    before.emplace_back(i);
    after.emplace_back(i + 10'000);
  }
  const auto found =
      diff(json_answer(json::serialize(before)), json_answer(json::serialize(after)));
  EXPECT_EQ(found.list.size(), Differences::kMax);
  EXPECT_EQ(found.more, 5'000 - Differences::kMax);
  EXPECT_EQ(phrase(found, 1), "$[0]: 0 → 10000; and 4999 more");
  EXPECT_EQ(phrase(found, 0), "5000 more");
  const auto lengthy =
      diff(json_answer('"' + std::string(50'000, 'a') + '"'), json_answer("\"b\""));
  EXPECT_LE(phrase(lengthy).size(), 100U);
}

// --- noise
// -----------------------------------------------------------------------------------------

TEST(AnswerNoise, WhatOneProgramDiffersInIsNotHeldAgainstAnother) {
  const Noise noise =
      learn(json_answer(R"({"id": "a1", "at": 7, "items": [{"id": 1, "price": 5}]})"),
            json_answer(R"({"id": "b2", "at": 9, "items": [{"id": 2, "price": 5}]})"));
  EXPECT_EQ(
      told(R"({"id": "a1", "at": 7, "items": [{"id": 1, "price": 5}, {"id": 3, "price": 5}]})",
           R"({"id": "c3", "at": 8, "items": [{"id": 8, "price": 5}, {"id": 9, "price": 6}]})",
           noise),
      "$.items[1].price: 5 → 6");
}

TEST(AnswerNoise, IsOfItsKindOnly) {
  const Noise noise =
      learn(json_answer(R"({"at": 7, "next": null})"), json_answer(R"({"at": 8, "next": "x"})"));
  EXPECT_EQ(told(R"({"at": 7, "next": "x"})", R"({"at": "soon", "next": null})", noise),
            "$.at: 7 → \"soon\"");
  EXPECT_EQ(told(R"({"at": 7, "next": "x"})", R"({"next": "y"})", noise), "$.at: 7 → absent");
}

TEST(AnswerNoise, LengthsOfArraysAndNamesThatAreIds) {
  const Noise noise = learn(json_answer(R"({"log": [1, 2], "by_id": {"1700": {"n": 1}}})"),
                            json_answer(R"({"log": [1, 2, 3], "by_id": {"1800": {"n": 1}}})"));
  EXPECT_EQ(told(R"({"log": [1, 2], "by_id": {"1700": {"n": 1}}})",
                 R"({"log": [1, 2, 3, 4], "by_id": {"2000": {"n": 1}}})", noise),
            "");
  EXPECT_EQ(told(R"({"log": [1, 2]})", R"({"log": [1, 2, "three"]})", noise),
            "$.log[2]: absent → \"three\"");
}

TEST(AnswerNoise, StatusAndFields) {
  const Noise noise =
      learn(Answer{200, {{"Location", "/a"}}, ""}, Answer{503, {{"Location", "/b"}}});
  EXPECT_EQ(told({200, {{"Location", "/a"}}, ""}, {503, {{"Location", "/c"}}, ""}, noise), "");
  EXPECT_EQ(told({200, {{"Location", "/a"}}, ""}, {500, {}, ""}, noise),
            "status: 200 → 500; location: /a → absent");
}

TEST(AnswerNoise, TokensInPages) {
  constexpr std::string_view kPage =
      "<html>\n<p>It is {}</p>\n<input name=\"csrf_token\" value=\"{}\">\n<p>{} EUR</p>\n</html>\n";
  const auto text = [&](std::string_view time, std::string_view token, int price) {
    return fmt::format(fmt::runtime(kPage), time, token, price);
  };
  const std::string first = text("10:00:01", "aX81", 12);
  const std::string second = text("10:00:07", "aQ99", 12);
  const Noise noise = learn(page(first), page(second));
  const std::string same = text("11:30:00", "zzz", 12);
  const std::string other = "<b>\n" + text("11:30:00", "zzz", 13);
  EXPECT_EQ(told(page(first), page(same), noise), "");
  EXPECT_NE(told(page(first), page(other), noise).find("12 EUR"), std::string::npos);
  // A token in a page of one line does not hide the rest of it.
  const auto in_one_line = [](std::string page_text) {
    std::erase(page_text, '\n');
    return page_text + std::string(200, ' ');
  };
  const Noise one_line = learn(page(in_one_line(first)), page(in_one_line(second)));
  EXPECT_EQ(told(page(in_one_line(first)), page(in_one_line(same)), one_line), "");
  EXPECT_EQ(told(page(in_one_line(first)), page(in_one_line(text("11:30:00", "z", 13))), one_line),
            "line 1: \"12 EUR</p>\" → \"13 EUR</p>\"");
}

TEST(AnswerNoise, MorePairsTellMore) {
  Noise noise = learn(json_answer(R"({"a": 1, "b": 1})"), json_answer(R"({"a": 2, "b": 1})"));
  learn(noise, json_answer(R"({"a": 1, "b": 1})"), json_answer(R"({"a": 1, "b": 2})"));
  EXPECT_EQ(told(R"({"a": 1, "b": 1})", R"({"a": 7, "b": 7})", noise), "");
  EXPECT_TRUE(learn(json_answer("{}"), json_answer("{}")).empty());
}

TEST(AnswerNoise, IsBounded) {
  Noise noise;
  for (std::size_t i = 0; i < 2 * Noise::kMaxPlaces; ++i)
    noise.add_place(fmt::format("$.{}", i), 1);
  EXPECT_TRUE(noise.covers_place("$.0", 1));
  EXPECT_FALSE(noise.covers_place(fmt::format("$.{}", Noise::kMaxPlaces), 1));
}

// --- properties
// ------------------------------------------------------------------------------------

using Random = std::mt19937;

json::value any_value(Random& random, int depth) {
  switch (random() % (depth > 3 ? 5 : 7)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<std::int64_t>(random() % 100);
    case 3:
      return 0.5 * static_cast<double>(random() % 10);
    case 4:
      return json::string(fmt::format("s{}", random() % 10));
    case 5: {
      json::array array;
      for (auto i = random() % 5; i > 0; --i) array.push_back(any_value(random, depth + 1));
      return array;
    }
    default: {
      json::object object;
      for (auto i = random() % 5; i > 0; --i) {
        object[fmt::format("k{}", random() % 8)] = any_value(random, depth + 1);
      }
      return object;
    }
  }
}

std::string any_text(Random& random) {
  std::string text;
  for (auto i = random() % 30; i > 0; --i) {
    text += fmt::format("line of {}\n", random() % 6);
  }
  return text;
}

std::string any_body(Random& random) {
  return random() % 2 == 0 ? json::serialize(any_value(random, 0)) : any_text(random);
}

TEST(AnswerDiffProperties, AnAnswerIsLikeItselfAndOnlyLikeItself) {
  Random random(5);
  for (int i = 0; i < 5'000; ++i) {
    const json::value before = any_value(random, 0);
    const json::value after = any_value(random, 0);
    const std::string before_text = json::serialize(before);
    const std::string after_text = json::serialize(after);
    ASSERT_TRUE(diff(json_answer(before_text), json_answer(before_text)).empty());
    // Boost's own comparison tells 1 from 1.0, so numbers are left out of the other direction.
    if (before == after) {
      ASSERT_TRUE(diff(json_answer(before_text), json_answer(after_text)).empty());
    }
    // The same differences, seen from the other side.
    const auto there = diff(json_answer(before_text), json_answer(after_text));
    const auto back = diff(json_answer(after_text), json_answer(before_text));
    ASSERT_EQ(there.list.size(), back.list.size()) << before_text << ' ' << after_text;
    ASSERT_EQ(there.empty(), back.empty());
  }
}

TEST(AnswerDiffProperties, APlantedChangeIsFoundWhereItWasPlanted) {
  Random random(6);
  for (int i = 0; i < 2'000; ++i) {
    json::object before;
    before["rest"] = any_value(random, 0);
    before["list"] = json::array{any_value(random, 2), 7, any_value(random, 2)};
    json::object after = before;
    after["list"].get_array()[1] = 8;
    ASSERT_EQ(told(json::serialize(before), json::serialize(after)), "$.list[1]: 7 → 8");
  }
}

// What was learned from a pair excuses that pair, in both directions, and does not spoil others.
TEST(AnswerDiffProperties, TheLearnedPairIsAlike) {
  Random random(7);
  for (int i = 0; i < 5'000; ++i) {
    const std::string a = any_body(random);
    const std::string b = any_body(random);
    const Noise noise = learn(json_answer(a), json_answer(b));
    ASSERT_TRUE(diff(json_answer(a), json_answer(b), noise).empty()) << a << "\n\n" << b;
    ASSERT_TRUE(diff(json_answer(b), json_answer(a), noise).empty()) << a << "\n\n" << b;
    ASSERT_TRUE(diff(json_answer(a), json_answer(a), noise).empty());
  }
}

// More noise never finds more differences.
TEST(AnswerDiffProperties, NoiseOnlyTakesAway) {
  Random random(8);
  for (int i = 0; i < 3'000; ++i) {
    const std::string a = json::serialize(any_value(random, 0));
    const std::string b = json::serialize(any_value(random, 0));
    const Noise noise = learn(json_answer(json::serialize(any_value(random, 0))),
                              json_answer(json::serialize(any_value(random, 0))));
    if (diff(json_answer(a), json_answer(b)).empty()) {
      ASSERT_TRUE(diff(json_answer(a), json_answer(b), noise).empty());
    }
  }
}

}  // namespace
}  // namespace livefix::observe
