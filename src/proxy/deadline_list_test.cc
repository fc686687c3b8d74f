#include "proxy/deadline_list.h"

#include <gtest/gtest.h>

#include <vector>

namespace livefix::proxy {
namespace {

struct Recorded final : Deadline {
  Recorded(std::vector<int>& into, int name) : log(into), id(name) {}
  void on_deadline() noexcept override { log.push_back(id); }
  std::vector<int>& log;
  int id;
};

TEST(DeadlineList, FiresInOrderWhatIsDue) {
  std::vector<int> log;
  Recorded one(log, 1), two(log, 2), three(log, 3), gone(log, 4);
  DeadlineList list;
  const TimePoint start{};
  list.add(three, start + Milliseconds{30});
  list.add(one, start + Milliseconds{10});  // a duration that changed
  list.add(two, start + Milliseconds{20});
  list.add(gone, start + Milliseconds{15});
  gone.unlink();
  EXPECT_EQ(list.next(), start + Milliseconds{10});
  list.expire(start + Milliseconds{20});
  EXPECT_EQ(log, (std::vector<int>{1, 2}));
  list.add(three, start + Milliseconds{40});
  list.expire(start + Milliseconds{35});
  EXPECT_EQ(log.size(), 2U);
}

}  // namespace
}  // namespace livefix::proxy
