#include "control/otlp_exporter.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>

namespace livefix::control {
namespace {

using Texts = std::vector<std::string>;

// The collector is in here: each request gets the next answer, the last one again and again.
class OtlpExporterTest : public ::testing::Test {
 protected:
  OtlpExporterTest() { make({}); }

  void make(OtlpExporter::Seams seams) {
    seams.post = [this](const std::string& body, WebClient::Then then) {
      bodies_.push_back(body);
      if (is_silent_) return;
      WebAnswer answer = answers_.front();
      if (answers_.size() > 1) answers_.erase(answers_.begin());
      boost::asio::post(context_, [then = std::move(then), answer] { then(answer); });
    };
    seams.warn = [this](const std::string& text) { warnings_.push_back(text); };
    seams.chance = [] { return 0.0; };
    seams.pause = Milliseconds{0};
    exporter_.emplace(context_, std::vector<SpanAttribute>{{"service.name", "livefix"}},
                      std::move(seams));
  }
  // Pauses that nobody waits for.
  void make_impatient(std::size_t tries) {
    OtlpExporter::Seams seams;
    seams.schedule.pauses.assign(tries, Milliseconds{0});
    make(std::move(seams));
  }
  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) exporter_->add({.name = "GET /"});
  }
  void run() {
    context_.restart();
    context_.run();
  }
  static std::size_t spans_in(const std::string& body) {
    return boost::json::parse(body)
        .at("resourceSpans")
        .at(0)
        .at("scopeSpans")
        .at(0)
        .at("spans")
        .as_array()
        .size();
  }

  boost::asio::io_context context_;
  std::vector<WebAnswer> answers_{{.status = 200}};
  bool is_silent_ = false;
  Texts bodies_;
  Texts warnings_;
  std::optional<OtlpExporter> exporter_;
};

TEST_F(OtlpExporterTest, SendsWhatCameTogetherInOneRequest) {
  add(3);
  EXPECT_TRUE(bodies_.empty()) << "not from within";
  run();
  ASSERT_EQ(bodies_.size(), 1U);
  EXPECT_EQ(spans_in(bodies_[0]), 3U);
  EXPECT_EQ(exporter_->waiting(), 0U);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(OtlpExporterTest, SendsAtMostSoManyAtOnce) {
  add(OtlpExporter::kMostInBatch + 1);
  run();
  ASSERT_EQ(bodies_.size(), 2U);
  EXPECT_EQ(spans_in(bodies_[0]), OtlpExporter::kMostInBatch);
  EXPECT_EQ(spans_in(bodies_[1]), 1U);
}

TEST_F(OtlpExporterTest, SendsOneBatchAtATime) {
  is_silent_ = true;
  add(1);
  run();
  add(OtlpExporter::kMostInBatch);
  run();
  EXPECT_EQ(bodies_.size(), 1U);
  EXPECT_EQ(exporter_->waiting(), OtlpExporter::kMostInBatch);
}

TEST_F(OtlpExporterTest, DropsWhatFindsNoRoomAndCountsIt) {
  is_silent_ = true;
  add(1);
  run();
  add(OtlpExporter::kMostWaiting + 7);
  EXPECT_EQ(exporter_->waiting(), OtlpExporter::kMostWaiting);
  EXPECT_EQ(exporter_->dropped(), 7U);
}

TEST_F(OtlpExporterTest, TriesTheSameAgainAndTellsItOnce) {
  for (const unsigned status : {0U, 429U, 502U, 503U, 504U}) {
    make_impatient(3);
    bodies_.clear();
    warnings_.clear();
    const WebAnswer bad{.status = status, .reason = "Busy"};
    answers_ = {bad, bad, {.status = 200}};
    add(2);
    run();
    ASSERT_EQ(bodies_.size(), 3U) << status;
    EXPECT_EQ(bodies_[0], bodies_[2]);
    ASSERT_EQ(warnings_.size(), 2U) << "in trouble, and out of it";
    EXPECT_TRUE(warnings_[0].starts_with("traces were not taken: ")) << warnings_[0];
    EXPECT_EQ(warnings_[1], "traces are taken again; 0 were dropped meanwhile");
    EXPECT_EQ(exporter_->dropped(), 0U);
  }
}

TEST_F(OtlpExporterTest, GivesUpAfterSomeTries) {
  make_impatient(2);
  answers_ = {{.status = 503}};
  add(2);
  run();
  EXPECT_EQ(bodies_.size(), 3U);
  EXPECT_EQ(exporter_->dropped(), 2U);
}

TEST_F(OtlpExporterTest, WhatIsRefusedIsDroppedAndToldOnce) {
  for (const unsigned status : {400U, 401U, 404U, 500U, 301U}) {
    make_impatient(3);
    bodies_.clear();
    warnings_.clear();
    answers_ = {{.status = status, .reason = "No"}};
    for (int i = 0; i < 3; ++i) {
      add(1);
      run();
    }
    EXPECT_EQ(bodies_.size(), 3U) << status;
    EXPECT_EQ(warnings_, Texts{fmt::format("traces were not taken: {} No", status)});
    answers_ = {{.status = 200}};
    add(1);
    run();
    EXPECT_EQ(warnings_.back(), "traces are taken again; 3 were dropped meanwhile");
  }
}

TEST_F(OtlpExporterTest, TellsOnceThatSomeWereNotTaken) {
  answers_ = {{.status = 200,
               .body = R"({"partialSuccess":{"rejectedSpans":"1","errorMessage":"old\u001b"}})"}};
  for (int i = 0; i < 2; ++i) {
    add(2);
    run();
  }
  EXPECT_EQ(warnings_, Texts{"1 of 2 spans were refused: old"});
  EXPECT_EQ(exporter_->dropped(), 2U);
}

TEST_F(OtlpExporterTest, CanGoWhileItSends) {
  add(1);
  context_.restart();
  context_.run_one();
  exporter_.reset();
  run();
  EXPECT_TRUE(warnings_.empty());
}

}  // namespace
}  // namespace livefix::control
