#include "control/previews.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "model/preview_pass.h"

namespace livefix::control {
namespace {

using namespace std::chrono_literals;

class Previews : public ::testing::Test {
 protected:
  boost::json::object ask(std::vector<std::pair<std::string, std::string>> query,
                          unsigned status = 200) {
    const auto answer =
        preview_answer({"/v1/preview", std::move(query), ""}, key_, services_, now_, noted_);
    EXPECT_EQ(answer.status, status) << answer.body;
    return boost::json::parse(answer.body).as_object();
  }
  std::string told(std::vector<std::pair<std::string, std::string>> query, unsigned status) {
    return std::string(ask(std::move(query), status)["message"].as_string());
  }

  const std::string key_ = std::string(64, 'a');
  const std::chrono::sys_seconds now_{1'764'180'000s};
  std::vector<PreviewService> services_{
      {"shop",
       true,
       {"http://localhost:3000"},
       {{UnitId{1}, "a1b2c3d", false}, {UnitId{2}, "7f3c2d1", true}}}};
  std::string noted_;
};

TEST_F(Previews, ShowTheCandidateByAFieldAndByALink) {
  const auto answer = ask({});
  const std::string pass = sign_preview(key_, "shop", {"", now_ + 1h});
  EXPECT_EQ(answer.at("release").as_string(), "7f3c2d1");
  EXPECT_EQ(answer.at("field").as_string(), "Livefix-Preview: " + pass);
  EXPECT_EQ(answer.at("links").as_array().at(0).as_string(),
            "http://localhost:3000/?livefix-preview=" + pass);
  EXPECT_EQ(noted_, "shop candidate for 1 h");
}

TEST_F(Previews, AreForAsLongAsWasAsked) {
  const auto answer = ask({{"for", "60"}});
  EXPECT_TRUE(read_preview(key_, "shop", answer.at("field").as_string().subview(17), now_ + 59s));
  EXPECT_FALSE(read_preview(key_, "shop", answer.at("field").as_string().subview(17), now_ + 60s));
  for (const char* no_time : {"0", "-1", "86401", "1h"}) told({{"for", no_time}}, 400);
}

TEST_F(Previews, ShowAnotherGenerationThatIsAskedFor) {
  const auto answer = ask({{"generation", "1"}});
  EXPECT_EQ(answer.at("release").as_string(), "a1b2c3d");
  EXPECT_EQ(read_preview(key_, "shop", answer.at("field").as_string().subview(17), now_)->release,
            "a1b2c3d");
  noted_.clear();
  EXPECT_NE(told({{"generation", "9"}}, 404).find("there is 1 (a1b2c3d), 2 (7f3c2d1)"),
            std::string::npos);
  EXPECT_EQ(noted_, "") << "nothing was handed out";
}

TEST_F(Previews, CanBeHadBeforeThereIsACandidate) {
  services_[0].releases.pop_back();
  EXPECT_EQ(ask({}).at("release").as_string(), "");
}

TEST_F(Previews, AreOfTheServiceThatHasACandidate) {
  services_.push_back({"cart", true, {"http://localhost:3001/cart"}, {{UnitId{3}, "a1b2c3d"}}});
  EXPECT_EQ(ask({}).at("service").as_string(), "shop");
  const auto cart = ask({{"service", "cart"}});
  EXPECT_TRUE(std::string_view(cart.at("links").as_array().at(0).as_string())
                  .starts_with("http://localhost:3001/cart?livefix-preview=candidate."));
  EXPECT_NE(told({{"service", "card"}}, 404).find("there is shop, cart"), std::string::npos);
  services_[1].releases[0].is_candidate = true;
  EXPECT_NE(told({}, 404).find("which service is meant"), std::string::npos);
  services_[1].has_requests = false;
  EXPECT_NE(told({{"service", "cart"}}, 409).find("speaks no HTTP"), std::string::npos);
}

}  // namespace
}  // namespace livefix::control
