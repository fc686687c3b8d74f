#include "control/metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "model/grpc_status.h"
#include "os/shared_memory.h"

namespace livefix::control {
namespace {

class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest()
      : memory_(std::move(*os::create_shared_memory("statistics", sizeof(TrafficStats)))),
        mapping_(*os::Mapping::of(memory_, sizeof(TrafficStats), os::Mapping::Access::read_write)),
        stats_(*static_cast<TrafficStats*>(mapping_.data())) {
    facts_.push_back({"shop", 0, {{UnitId{3}, "dev-3", "serving", {getpid()}}}});
    auto& slot = worker().generations[0];
    slot.generation = 3;
    slot.in_flight = 2;
    slot.retried = 4;
  }

  WorkerCounters& worker() { return stats_.workers[0]; }
  RouteCounts& checkout() {
    RouteRow& row = worker().routes.rows[7];
    worker().routes.keys[7] = 99;
    row.generation = 3;
    row.method[0] = 'G';
    row.text[0] = '/';
    row.text_size = 1;
    return row.counts;
  }
  std::vector<std::string> lines(std::string_view beginning) {
    std::vector<std::string> found;
    const std::string text = metrics_.text();
    for (std::size_t at = 0; at < text.size();) {
      const std::string line = text.substr(at, text.find('\n', at) - at);
      if (line.starts_with(beginning)) found.push_back(line);
      at += line.size() + 1;
    }
    return found;
  }
  using Lines = std::vector<std::string>;

  os::Fd memory_;
  os::Mapping mapping_;
  TrafficStats& stats_;
  std::vector<ServiceFacts> facts_;
  const Traffic traffic_{memory_};
  Metrics metrics_{traffic_, getpid(), [this] { return facts_; }};
};

constexpr auto kGeneration = R"(service="shop",release="dev-3",generation="3")";

TEST_F(MetricsTest, SayHowManySymptomsAServiceHas) {
  EXPECT_TRUE(lines("livefix_symptoms").empty());
  metrics_.show([] { return std::map<std::string, std::uint64_t>{{"shop", 2}}; });
  EXPECT_EQ(lines("livefix_symptoms"), Lines{R"(livefix_symptoms{service="shop"} 2)"});
  EXPECT_TRUE(lines("livefix_spans").empty()) << "there is no collector";
  metrics_.show(Metrics::DroppedSpans([] { return 7; }));
  EXPECT_EQ(lines("livefix_spans"), Lines{"livefix_spans_dropped_total 7"});
}

TEST_F(MetricsTest, SayWhatEachStatusOfARouteCameTo) {
  checkout().statuses[0] = 200;
  checkout().by_status[0] = 41;
  checkout().by_class[5] = 2;
  const std::string of = std::string("livefix_requests_total{") + kGeneration;
  EXPECT_EQ(lines("livefix_requests_total"),
            (Lines{of + R"(,route="/",method="G",status="200"} 41)",
                   of + R"(,route="/",method="G",status="5xx"} 2)"}));
}

TEST_F(MetricsTest, CallsOfGrpcThatFailedHaveTheirStatusOfHttpAndACountOfTheirOwn) {
  EXPECT_EQ(lines("livefix_grpc_failures_total"), Lines{});
  checkout().statuses[0] = 200;
  checkout().by_status[0] = 41;
  checkout().statuses[1] = status_of_grpc_failure(13);
  checkout().by_status[1] = 2;
  const std::string of = std::string("{") + kGeneration + R"(,route="/",method="G",)";
  EXPECT_EQ(lines("livefix_requests_total"),
            Lines{"livefix_requests_total" + of + R"(status="200"} 43)"});
  EXPECT_EQ(lines("livefix_grpc_failures_total"),
            Lines{"livefix_grpc_failures_total" + of + R"(grpc_status="13"} 2)"});
  const std::string routes = metrics_.routes_json();
  EXPECT_NE(routes.find(R"("requests":43,"errors":2,)"), std::string::npos) << routes;
  EXPECT_NE(routes.find(R"("grpc_failures":{"13":2})"), std::string::npos) << routes;
}

TEST_F(MetricsTest, CountTimesUpToEachBound) {
  checkout().statuses[0] = 200;
  checkout().by_status[0] = 4;
  for (const std::uint64_t time : {100U, 1023U, 1024U, 70'000'000U}) {
    ++checkout().latencies[latency::bucket_of(time)];
  }
  checkout().microseconds = 2'500'000;
  const std::string name = "livefix_request_duration_seconds";
  const std::string labels = std::string("{") + kGeneration + R"(,route="/",method="G")";
  EXPECT_EQ(lines(name + "_sum"), Lines{name + "_sum" + labels + "} 2.5"});
  EXPECT_EQ(lines(name + "_count"), Lines{name + "_count" + labels + "} 4"});
  const auto buckets = lines(name + "_bucket");
  ASSERT_EQ(buckets.size(), 17U);
  EXPECT_EQ(buckets[0], name + "_bucket" + labels + R"(,le="0.000512"} 1)");
  EXPECT_EQ(buckets[1], name + "_bucket" + labels + R"(,le="0.001024"} 2)");
  EXPECT_EQ(buckets[2], name + "_bucket" + labels + R"(,le="0.002048"} 3)");
  EXPECT_EQ(buckets[15], name + "_bucket" + labels + R"(,le="16.777216"} 3)");
  EXPECT_EQ(buckets[16], name + "_bucket" + labels + R"(,le="+Inf"} 4)");
}

TEST_F(MetricsTest, SayWhatServicesAndGenerationsHave) {
  worker().connections = 11;
  worker().refused = 1;
  worker().services[0].shed = 5;
  worker().services[0].refused = 6;
  worker().services[kNoService].refused = 2;
  EXPECT_EQ(lines("livefix_connections"), Lines{"livefix_connections 11"});
  EXPECT_EQ(lines("livefix_requests_shed_total"),
            Lines{R"(livefix_requests_shed_total{service="shop"} 5)"});
  EXPECT_EQ(lines("livefix_requests_refused_total"),
            (Lines{R"(livefix_requests_refused_total{service="shop"} 6)",
                   R"(livefix_requests_refused_total{service=""} 3)"}));
  const std::string of = std::string("{") + kGeneration;
  EXPECT_EQ(lines("livefix_requests_in_flight"), Lines{"livefix_requests_in_flight" + of + "} 2"});
  EXPECT_EQ(lines("livefix_requests_retried_total"),
            Lines{"livefix_requests_retried_total" + of + "} 4"});
  EXPECT_EQ(lines("livefix_generation_info"),
            Lines{"livefix_generation_info" + of + R"(,state="serving"} 1)"});
  EXPECT_EQ(lines("livefix_generation_processes"),
            Lines{"livefix_generation_processes" + of + "} 1"});
  EXPECT_EQ(lines("livefix_generation_resident_memory_bytes" + of + "} 0"), Lines{});
}

TEST_F(MetricsTest, OfGenerationsThatAreGoneThereIsNothing) {
  checkout().statuses[0] = 200;
  checkout().by_status[0] = 4;
  facts_[0].generations.clear();
  EXPECT_EQ(lines("livefix_requests_total"), Lines{});
  EXPECT_EQ(lines("# HELP livefix_requests_total"), Lines{}) << "a family without a value";
  EXPECT_EQ(lines("livefix_generations"), Lines{R"(livefix_generations{service="shop"} 0)"});
}

TEST_F(MetricsTest, TheListOfRoutesIsJson) {
  checkout().statuses[0] = 500;
  checkout().by_status[0] = 4;
  checkout().latencies[latency::bucket_of(1000)] = 4;
  EXPECT_EQ(metrics_.routes_json(),
            R"({"routes":[{"service":"shop","release":"dev-3","generation":3,"state":"serving",)"
            R"("route":"/","method":"G","requests":4,"errors":4,"timeouts":0,"lost":0,)"
            R"("statuses":{"500":4},"request_bytes":0,"response_bytes":0,)"
            R"("latency_us":{"p50":1024,"p90":1024,"p99":1024,"p999":1024}}]})");
}

}  // namespace
}  // namespace livefix::control
