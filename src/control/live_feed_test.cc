#include "control/live_feed.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

namespace livefix::control {
namespace {

namespace json = boost::json;

class Watcher final : public ApiClient {
 public:
  void answer(ApiAnswer what) override { status = what.status; }
  void line(const std::string& text, std::uint64_t id) override {
    messages.push_back(json::parse(text).as_object());
    last_id = id;
  }
  void end() override {}
  void on_gone(std::function<void()> callback) override { gone = std::move(callback); }

  unsigned status = 0;
  std::vector<json::object> messages;
  std::uint64_t last_id = 0;
  std::function<void()> gone;
};

class LiveFeedTest : public ::testing::Test {
 protected:
  std::shared_ptr<Watcher> watch(const std::string& since = "") {
    auto watcher = std::make_shared<Watcher>();
    ApiRequest request{"/v1/watch", {}, ""};
    if (!since.empty()) request.query.emplace_back("since", since);
    feed_.routes().front().handle(request, ApiReply(watcher));
    return watcher;
  }

  int asked_ = 0;
  std::string rollout_ = "null";
  std::vector<TimelineMark> marks_;
  boost::asio::io_context context_;
  const Traffic traffic_{os::Fd()};
  LiveFeed feed_{
      context_,
      {traffic_, [] { return std::vector<ServiceFacts>(); }, [this](WallTime) { return marks_; },
       [this] {
         ++asked_;
         return std::string("{}");
       },
       [this] { return rollout_; }, [] { return std::string("{}"); },
       [] { return std::string("{}"); }}};
  const UnixSecond start_ =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) -
      std::chrono::seconds(100);
};

TEST_F(LiveFeedTest, NobodyIsAskedWhileNobodyWatches) {
  feed_.tick(start_);
  feed_.tick(start_ + std::chrono::seconds(1));
  EXPECT_EQ(asked_, 0);
  const auto one = watch();
  const auto two = watch();
  EXPECT_EQ(asked_, 1) << "once for all";
  one->gone();
  two->gone();
  feed_.tick(start_ + std::chrono::seconds(2));
  EXPECT_EQ(asked_, 1);
}

TEST_F(LiveFeedTest, ASnapshotFirstAndThenWhatIsNew) {
  feed_.tick(start_);
  feed_.tick(start_ + std::chrono::seconds(1));
  const auto watcher = watch();
  ASSERT_EQ(watcher->messages.size(), 1U);
  EXPECT_EQ(watcher->messages[0]["event"], "snapshot");
  EXPECT_EQ(watcher->messages[0]["seconds"].as_array().size(), 2U);
  EXPECT_TRUE(watcher->messages[0].contains("status"));

  rollout_ = "{\"id\":1}";
  feed_.tick(start_ + std::chrono::seconds(2));
  ASSERT_EQ(watcher->messages.size(), 2U);
  EXPECT_EQ(watcher->messages[1]["event"], "second");
  EXPECT_EQ(watcher->messages[1]["seconds"].as_array().size(), 1U);
  EXPECT_EQ(watcher->messages[1]["rollout"].as_object()["id"], 1);
  EXPECT_FALSE(watcher->messages[1].contains("status")) << "it is as it was";
  EXPECT_EQ(watcher->last_id, static_cast<std::uint64_t>(
                                  (start_ + std::chrono::seconds(2)).time_since_epoch().count()));
}

TEST_F(LiveFeedTest, OneWhoComesBackGetsOnlyTheSecondsInBetween) {
  for (int i = 0; i < 5; ++i) feed_.tick(start_ + std::chrono::seconds(i));
  const auto watcher =
      watch(std::to_string((start_ + std::chrono::seconds(2)).time_since_epoch().count()));
  EXPECT_EQ(watcher->messages[0]["seconds"].as_array().size(), 2U);
  EXPECT_EQ(watch("soon")->status, 400U);
}

TEST_F(LiveFeedTest, MarksAreThoseOfReleasesAndCrashes) {
  marks_ = {{std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()), "promoted",
             "7f3c2d1 live", 3}};
  feed_.crashed("7f3c2d1 crashed");
  const auto marks = watch()->messages[0]["marks"].as_array();
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[0].as_object().at("kind"), "promoted");
  EXPECT_EQ(marks[1].as_object().at("kind"), "crash");
}

TEST_F(LiveFeedTest, ThereAreAtMostSoMany) {
  std::vector<std::shared_ptr<Watcher>> all;
  for (std::size_t i = 0; i < LiveFeed::kMostWatchers; ++i) all.push_back(watch());
  EXPECT_EQ(watch()->status, 503U);
  all.front()->gone();
  EXPECT_EQ(watch()->status, 0U);
}

}  // namespace
}  // namespace livefix::control
