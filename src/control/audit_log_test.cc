#include "control/audit_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <optional>

namespace livefix::control {
namespace {

namespace json = boost::json;

TEST(RecordText, SaysWhatHappenedInOneLine) {
  EXPECT_EQ(record_text(CommandRecord{3, "abort"}), "abort rollout 3");
  EXPECT_EQ(record_text(CommandRecord{0, "reload", "shop, cart"}), "reload shop, cart");
  EXPECT_EQ(record_text(CommandRecord{0, "stop"}), "stop");
  EXPECT_EQ(record_text(CommandRecord{0, "token add", "ci (push)", "aaaa", 7, "then"}),
            "token add ci (push), at then");
  EXPECT_EQ(record_text(FailedRecord{4, "taken_back", "errors", "errors 6 %\nmore", {}}),
            "rollout 4 taken back (errors): errors 6 %");
  EXPECT_EQ(record_text(PromotedRecord{4, 2, {"shop", "cart"}, {}, ""}),
            "rollout 4 promoted: release 2 runs shop, cart");
  EXPECT_EQ(record_text(ServedRecord{5, Milliseconds{410}}), "rollback 5 serves, after 410 ms");
  EXPECT_EQ(record_text(RolloutRecord{4, 0, "7f3c2d1e5f", "fix\n\nbody", "", {"shop"}}),
            "rollout 4 of 7f3c2d1 shop: fix");
  EXPECT_EQ(record_text(DriftRecord{2, "ended", {}, ""}), "drift ended in release 2: no files");
}

class AuditLogTest : public ::testing::Test {
 protected:
  AuditLogTest() {
    std::string path = std::filesystem::temp_directory_path() / "livefix-audit-XXXXXX";
    directory_ = mkdtemp(path.data());
    auto ledger = ledger::Ledger::open(directory_ / "ledger.db");
    EXPECT_TRUE(ledger) << ledger.error().message;
    ledger_.emplace(std::move(*ledger));
  }
  ~AuditLogTest() override {
    ledger_.reset();
    std::filesystem::remove_all(directory_);
  }
  void append(const std::string& kind, const std::string& body, const std::string& who = "anna") {
    ASSERT_TRUE(ledger_->append({{}, kind, who, body}, ledger::Durability::note));
  }
  json::array events(std::size_t most) {
    const auto log = audit_log_json(*ledger_, most);
    EXPECT_TRUE(log) << log.error().message;
    return json::parse(*log).at("events").as_array();
  }

  std::filesystem::path directory_;
  std::optional<ledger::Ledger> ledger_;
};

TEST_F(AuditLogTest, HasTheLastOnesNewestLast) {
  EXPECT_TRUE(events(3).empty());
  for (const auto* command : {"pause", "resume", "abort", "stop"}) {
    append("command", body_of(CommandRecord{0, command}), "bob");
  }
  const auto three = events(3);
  ASSERT_EQ(three.size(), 3U);
  EXPECT_EQ(three[0].at("text"), "resume");
  EXPECT_EQ(three[2].at("text"), "stop");
  EXPECT_EQ(three[2].at("sequence"), 4);
  EXPECT_EQ(three[2].at("who"), "bob");
  EXPECT_EQ(three[2].at("kind"), "command");
  EXPECT_EQ(three[2].at("time"), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(three[2].at("body").at("command"), "stop");
  EXPECT_EQ(events(1'000).size(), 4U);
}

TEST_F(AuditLogTest, ShowsWhatItDoesNotKnow) {
  append("swap", R"({"slot":1})");
  append("command", "no JSON");
  const auto both = events(2);
  EXPECT_EQ(both[0].at("text"), R"(swap {"slot":1})");
  EXPECT_EQ(both[1].at("text"), "command no JSON");
  EXPECT_TRUE(both[1].at("body").is_null());
}

TEST_F(AuditLogTest, IsBoundedAndKeepsTheNewest) {
  for (int i = 0; i < 8; ++i) {
    append("swap", fmt::format(R"("{}{}")", i, std::string(1'000'000, 'x')));
  }
  const auto some = events(8);
  EXPECT_EQ(some.size(), 4U);
  ASSERT_FALSE(some.empty());
  EXPECT_EQ(some.back().at("sequence"), 8);
}

}  // namespace
}  // namespace livefix::control
