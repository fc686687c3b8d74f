#include "observe/symptom_book.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace livefix::observe {
namespace {

using namespace std::chrono_literals;

const WallTime kStart{Milliseconds(1'790'000'000'000)};

Failure checkout(std::string_view error, WallTime time = kStart, std::string_view release = "one") {
  return {.service = "shop",
          .method = "POST",
          .route = "/checkout",
          .status = 500,
          .cause = {},
          .error = error,
          .release = release,
          .time = time,
          .sample = 0};
}

RouteRequests requests(std::uint64_t count, WallTime time = kStart,
                       std::string_view release = "one") {
  return {.service = "shop",
          .method = "POST",
          .route = "/checkout",
          .release = release,
          .time = time,
          .requests = count};
}

TEST(SymptomBook, FailuresThatAreAlikeAreOneSymptom) {
  SymptomBook book;
  const std::string id = book.add(checkout("Error: order 17 has no rate"))->id;
  EXPECT_EQ(book.add(checkout("Error: order 18 has no rate", kStart + 3s))->id, id);
  EXPECT_NE(book.add(checkout("Error: no database"))->id, id);
  Failure other = checkout("Error: order 17 has no rate");
  other.status = 503;
  EXPECT_NE(book.add(other)->id, id);
  other = checkout("Error: order 17 has no rate");
  other.cause = "backend closed";
  EXPECT_NE(book.add(other)->id, id);
  other = checkout("Error: order 17 has no rate");
  other.method = "PUT";
  EXPECT_NE(book.add(other)->id, id);
  EXPECT_EQ(book.size(), 5U);

  const Symptom* symptom = book.find(id);
  ASSERT_NE(symptom, nullptr);
  EXPECT_EQ(symptom->key.error, "Error: order <n> has no rate");
  EXPECT_EQ(symptom->failures, 2U);
  EXPECT_EQ(symptom->first_seen, kStart);
  EXPECT_EQ(symptom->last_seen, kStart + 3s);
  EXPECT_EQ(book.find("0000000000"), nullptr);
}

TEST(SymptomBook, AnIdIsTheSameAtEachStart) {
  EXPECT_EQ(SymptomBook().add(checkout("Error: x"))->id, "29ab674d34");
}

TEST(SymptomBook, TheNewestSamplesAreKept) {
  SymptomBook book;
  const Symptom* symptom = nullptr;
  for (std::uint64_t sample = 0; sample <= 9; ++sample) {
    Failure failure = checkout("Error: x");
    failure.sample = sample;
    symptom = book.add(failure);
  }
  EXPECT_EQ(symptom->samples, (std::vector<std::uint64_t>{5, 6, 7, 8, 9}));
}

TEST(SymptomBook, ASymptomIsTheFaultOfTheReleaseThatItCameWith) {
  SymptomBook book;
  EXPECT_EQ(book.add(checkout("Error: old"))->brought_by, "");
  book.count_requests(requests(100, kStart, "two"));
  EXPECT_EQ(book.add(checkout("Error: fresh", kStart + 1s, "two"))->brought_by, "two");
  const Symptom* both = book.add(checkout("Error: old", kStart + 1s, "two"));
  EXPECT_EQ(both->brought_by, "");
  EXPECT_EQ(both->by_release.of("one"), 1U);
  EXPECT_EQ(both->by_release.of("two"), 1U);
  EXPECT_EQ(both->by_release.of("three"), 0U);
}

TEST(SymptomBook, ReleasesAreBounded) {
  SymptomBook book;
  const Symptom* symptom = nullptr;
  for (int i = 0; i < 50; ++i) {
    symptom = book.add(checkout("Error: x", kStart, fmt::format("r{}", i)));
    symptom = book.add(checkout("Error: x", kStart, "r0"));
  }
  EXPECT_EQ(symptom->by_release.releases.size(), ReleaseCounts::kMaxReleases);
  EXPECT_EQ(symptom->by_release.of("r0"), 51U);
  EXPECT_EQ(symptom->by_release.of("r49"), 1U);
}

TEST(SymptomBook, CountsOfReleasesAreWhatAVerdictIsMadeOf) {
  SymptomBook book;
  book.count_requests(requests(6'645));
  std::string id;
  for (int i = 0; i < 412; ++i) id = book.add(checkout("Error: x"))->id;
  book.count_requests(requests(1'208, kStart + 1min, "two"));
  const BeforeAfter counts = book.counts(*book.find(id), "one", "two", kStart + 1min);
  EXPECT_EQ(counts, (BeforeAfter{{412, 6'645}, {0, 1'208}}));
  EXPECT_EQ(phrase(name_of(book.find(id)->key), judge_symptoms(std::vector{counts}).front()),
            "POST /checkout 500: 6.2 % → 0 % of 1,208 requests: gone");
}

TEST(SymptomBook, AVerdictIsMadeOfTheLastHour) {
  SymptomBook book;
  book.count_requests(requests(1'000'000));
  book.add(checkout("Error: x"));
  const WallTime now = kStart + 3h;
  book.count_requests(requests(100, now));
  const Symptom* symptom = nullptr;
  for (int i = 0; i < 6; ++i) symptom = book.add(checkout("Error: x", now));
  EXPECT_EQ(book.counts(*symptom, "one", "two", now), (BeforeAfter{{6, 100}, {0, 0}}));
  EXPECT_EQ(symptom->failures, 7U);
}

TEST(SymptomBook, WhatWasRestoredIsInNoShare) {
  SymptomBook book;
  Failure before = checkout("Error: x");
  before.restored = true;
  before.count = 40;
  book.add(before);
  book.count_requests(requests(10, kStart + 1min));
  const Symptom* symptom = book.add(checkout("Error: x", kStart + 1min));
  EXPECT_EQ(symptom->failures, 41U);
  EXPECT_EQ(symptom->minutes.last(kStart + 1min, kRecentMinutes), 41U);
  EXPECT_EQ(book.recent(*symptom, kStart + 1min), std::nullopt) << "40 of 10 would be no share";
  EXPECT_EQ(book.recent(*symptom, kStart + 5min), (proportion::Share{1, 10}));
  EXPECT_EQ(book.counts(*symptom, "one", "two", kStart + 1min).before, (proportion::Share{1, 10}));
}

TEST(SymptomBook, ARateIsThatOfTheLastFiveMinutes) {
  SymptomBook book;
  for (int minute = 0; minute < 20; ++minute) {
    book.count_requests(requests(100, kStart + minute * 1min));
    for (int i = 0; i < 6; ++i) book.add(checkout("TypeError: no rate", kStart + minute * 1min));
  }
  const WallTime now = kStart + 19min;
  const Symptom* symptom = book.list(now).front();
  EXPECT_EQ(symptom->minutes.last(now, kRecentMinutes), 30U);
  EXPECT_EQ(book.recent(*symptom, now), (proportion::Share{30, 500}));
  EXPECT_EQ(phrase(*symptom, now, book.recent(*symptom, now)),
            "POST /checkout 500 · TypeError: no rate · 30 in 5 m · 6 %");
  EXPECT_EQ(book.recent(*symptom, now + 2min), (proportion::Share{18, 300}));
  EXPECT_EQ(book.recent(*symptom, now + 1h), (proportion::Share{0, 0}));
  EXPECT_EQ(symptom->minutes.last(now, MinuteRing::kMinutes), 120U);
}

TEST(SymptomBook, OfARouteThatIsNotCountedNoShareIsTold) {
  SymptomBook book;
  Failure failure = checkout("");
  failure.cause = "backend closed";
  failure.status = 502;
  book.count_requests(requests(1, kStart, "zero"));
  const Symptom* symptom = book.add(failure);
  EXPECT_EQ(phrase(*symptom, kStart, std::nullopt),
            "POST /checkout 502 backend closed · 1 in 5 m · since release one");
  failure.route = "/cart/:id";
  EXPECT_EQ(book.recent(*book.add(failure), kStart), std::nullopt);
}

TEST(SymptomBook, TheWorstComeFirst) {
  SymptomBook book;
  book.add(checkout("Error: often, long ago", kStart - 30min));
  book.add(checkout("Error: often, long ago", kStart - 30min));
  book.add(checkout("Error: once", kStart - 1min));
  book.add(checkout("Error: twice", kStart));
  book.add(checkout("Error: twice", kStart));
  std::vector<std::string> errors;
  for (const Symptom* symptom : book.list(kStart)) errors.push_back(symptom->key.error);
  EXPECT_EQ(errors,
            (std::vector<std::string>{"Error: twice", "Error: once", "Error: often, long ago"}));
}

// --- bounds
// ----------------------------------------------------------------------------------------

TEST(SymptomBook, WhatIsGoneComesLastUntilItIsSeenAgain) {
  SymptomBook book;
  const std::string bad = book.add(checkout("Error: no rate"))->id;
  book.add(checkout("Error: no rate"));
  const std::string other = book.add(checkout("Error: no database"))->id;
  book.mark_gone(bad);
  book.mark_gone("0000000000");
  EXPECT_TRUE(book.find(bad)->gone);
  EXPECT_EQ(book.list(kStart).front()->id, other);
  EXPECT_EQ(book.list(kStart).back()->id, bad);
  book.add(checkout("Error: no rate"));
  EXPECT_FALSE(book.find(bad)->gone);
  EXPECT_EQ(book.list(kStart).front()->id, bad);
}

TEST(SymptomBook, NamesThatSomebodyTypedAreNotAGroupEach) {
  SymptomBook book;
  for (const char* name : {"anna", "bert", "cora", "dora", "emil", "fritz", "gerda"}) {
    book.add(checkout(fmt::format("Error: no such user '{}'", name)));
  }
  EXPECT_EQ(book.size(), SymptomBook::kMaxAlike + 1);
  EXPECT_EQ(book.list(kStart).front()->key.error, "Error: no such user '<value>'");
  EXPECT_EQ(book.list(kStart).front()->failures, 3U);
}

std::string random_words(std::mt19937& random) {
  std::string text;
  for (int i = 0; i < 12; ++i) text += static_cast<char>('a' + random() % 26);
  return text;
}

TEST(SymptomBook, AStormOfDifferentLinesTakesLittleRoomAndPushesNothingOut) {
  SymptomBook book;
  const std::string known = book.add(checkout("Error: the real one"))->id;
  std::mt19937 random(1);
  for (int i = 0; i < 100'000; ++i) {
    book.add(checkout("Error: " + random_words(random), kStart + i * 10us / 1ms * 1ms));
  }
  EXPECT_EQ(book.size(), SymptomBook::kMaxLines + 1);
  EXPECT_EQ(book.list(kStart).front()->key.error, "");
  EXPECT_EQ(book.list(kStart).front()->failures, 100'000U - (SymptomBook::kMaxLines - 1));
  ASSERT_NE(book.find(known), nullptr);
  EXPECT_EQ(book.add(checkout("Error: the real one"))->id, known);
}

TEST(SymptomBook, WhenAStormIsOverNewLinesAreSeenAgain) {
  SymptomBook book;
  std::mt19937 random(2);
  for (int i = 0; i < 1'000; ++i) book.add(checkout("Error: " + random_words(random)));
  EXPECT_EQ(book.add(checkout("Error: news", kStart + 9min))->key.error, "");
  EXPECT_EQ(book.add(checkout("Error: news", kStart + 10min))->key.error, "Error: news");
  EXPECT_EQ(book.size(), SymptomBook::kMaxLines + 1);
}

TEST(SymptomBook, DistinctRoutesAndMethodsAreBoundedToo) {
  SymptomBook book;
  std::uint64_t counted = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string route = fmt::format("/r{}", i);
    const std::string method(static_cast<std::size_t>(i % 9'000), 'M');
    Failure failure = checkout("Error: x");
    failure.route = route;
    failure.method = method;
    ASSERT_NE(book.add(failure), nullptr);
    RouteRequests all = requests(1);
    all.route = route;
    book.count_requests(all);
  }
  EXPECT_EQ(book.size(), SymptomBook::kMaxSymptoms + 1);
  for (const Symptom* symptom : book.list(kStart)) {
    counted += symptom->failures;
    EXPECT_LE(symptom->key.method.size(), 24U);
  }
  EXPECT_EQ(counted, 20'000U);
  EXPECT_EQ(name_of(book.list(kStart).front()->key), "(other)");
  // An hour later there is room again.
  Failure late = checkout("Error: late", kStart + 1h);
  EXPECT_EQ(book.add(late)->key.error, "Error: late");
  EXPECT_EQ(book.size(), 2U);
}

TEST(SymptomBook, ServicesTooManyAreDroppedAndCounted) {
  SymptomBook book;
  for (int i = 0; i < 100; ++i) {
    const std::string service = fmt::format("s{}", i);
    Failure failure = checkout("");
    failure.service = service;
    book.add(failure);
  }
  EXPECT_EQ(book.size(), SymptomBook::kMaxServices);
  EXPECT_EQ(book.dropped(), 100 - SymptomBook::kMaxServices);
}

// Whatever comes, in whatever order of times: no failure is counted twice or lost, unless its group
// gave way, and the bounds hold.
TEST(SymptomBookProperties, CountsAreKept) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    SymptomBook book;
    std::uint64_t added = 0;
    WallTime time = kStart;
    WallTime latest = time;
    for (int i = 0; i < 5'000; ++i) {
      const std::string route = fmt::format("/r{}", random() % 400);
      const std::string error =
          random() % 3 == 0 ? random_words(random) : fmt::format("Error: {} 'w'", random() % 20);
      Failure failure = checkout(error, time);
      failure.route = route;
      failure.status = random() % 2 == 0 ? 500 : 502;
      failure.sample = random() % 2;
      const Symptom* symptom = book.add(failure);
      ASSERT_NE(symptom, nullptr);
      if (i % 100 == 0) {
        ASSERT_EQ(book.find(symptom->id), symptom);
      }
      ++added;
      time += Milliseconds(random() % 20);
      latest = std::max(latest, time);
      if (random() % 100 == 0) time -= 800ms;
      ASSERT_LE(book.size(), SymptomBook::kMaxSymptoms + 1);
    }
    std::uint64_t counted = 0;
    for (const Symptom* symptom : book.list(latest)) {
      counted += symptom->failures;
      std::uint64_t by_release = 0;
      for (const ReleaseCount& release : symptom->by_release.releases) by_release += release.count;
      EXPECT_EQ(by_release, symptom->failures);
      EXPECT_EQ(symptom->minutes.last(latest, MinuteRing::kMinutes), symptom->failures);
    }
    EXPECT_EQ(counted, added);
  }
}

TEST(MinuteRing, AClockThatJumpsSpoilsNothingForLong) {
  MinuteRing ring;
  ring.add(kStart + 24h * 365, 7);
  EXPECT_EQ(ring.last(kStart, MinuteRing::kMinutes), 0U);
  for (int minute = 0; minute < 60; ++minute) ring.add(kStart + minute * 1min, 1);
  EXPECT_EQ(ring.last(kStart + 59min, MinuteRing::kMinutes), 60U);
  EXPECT_EQ(ring.last(kStart + 59min, 1), 1U);
  ring.add(kStart + 59min, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(ring.last(kStart + 59min, 1), std::numeric_limits<std::uint32_t>::max());
}

}  // namespace
}  // namespace livefix::observe
