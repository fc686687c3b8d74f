#include "http/request_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace livefix::http {
namespace {

TEST(RequestId, IsTakenWhenItIsOneOfTheUsualKinds) {
  for (const std::string_view id :
       {"7b2f1d6c-52a1-7c3e-9f00-0123456789ab", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "a",
        "Root=1-67891233-abcdef012345678912345678", "dGhlIGlk+/==", "host.example/abc-000001",
        "web~1:42@eu_1"}) {
    EXPECT_TRUE(is_acceptable_request_id(id)) << id;
  }
}

TEST(RequestId, IsNotTakenWhenItCouldBreakALog) {
  for (const char c : std::string(" \t\r\n\0\x1b\x7f\"'`\\,;|<>()[]{}%$&*?!#^\x80\xff", 33)) {
    EXPECT_FALSE(is_acceptable_request_id(std::string("a") + c + "b")) << static_cast<int>(c);
  }
}

TEST(RequestId, IsOfABoundedSize) {
  EXPECT_FALSE(is_acceptable_request_id(""));
  EXPECT_TRUE(is_acceptable_request_id(std::string(kMaxRequestIdBytes, 'a')));
  EXPECT_FALSE(is_acceptable_request_id(std::string(kMaxRequestIdBytes + 1, 'a')));
}

TEST(RequestId, IsThirtyTwoLowercaseHexadecimalDigits) {
  EXPECT_EQ(RequestId(0x0123'4567'89ab'cdef, 1).view(), "0123456789abcdef0000000000000001");
  EXPECT_TRUE(is_acceptable_request_id(RequestId(0, ~0ULL).view()));
}

TEST(RequestIdSource, NeverRepeatsInEitherHalf) {
  RequestIdSource source({1, 2});
  std::set<std::string> starts;
  std::set<std::string> ends;
  constexpr std::size_t kCount = 10'000;
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::string id(source.next().view());
    starts.insert(id.substr(0, 16));
    ends.insert(id.substr(16));
  }
  EXPECT_EQ(starts.size(), kCount);
  EXPECT_EQ(ends.size(), kCount);
}

TEST(RequestIdSource, GoesOnPastTheEndOfItsCounters) {
  RequestIdSource source({~0ULL, ~0ULL - 1});
  const RequestId first = source.next();
  const RequestId second = source.next();
  EXPECT_NE(first, second);
  EXPECT_NE(second, source.next());
}

TEST(RequestIdSource, OtherSeedsGiveOtherIdsWhenTheyShareAHalf) {
  RequestIdSource one({1, 2});
  RequestIdSource two({1, 3});
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.emplace(one.next().view());
    ids.emplace(two.next().view());
  }
  EXPECT_EQ(ids.size(), 2000U);
}

}  // namespace
}  // namespace livefix::http
