#include "model/codec.h"

#include <gtest/gtest.h>

#include "model/link.h"

namespace livefix {
namespace {

link::ToControl sample() {
  link::Welcome welcome;
  auto& service = welcome.run.services.emplace_back();
  service.name = "shop";
  service.command = {"node", "server.js"};
  service.build = BuildStep{{"go", "build"}};
  auto& traffic = service.traffic;
  traffic.backend = BackendProtocol::http2;
  traffic.match = {{"*.example.com"}, {"/api"}};
  traffic.keep_request = 5'000'000'000;
  traffic.limits.answer = Milliseconds{1500};
  traffic.generation.cookie = "livefix";
  traffic.record.healthy = 0.005;
  traffic.record.statuses = {409};
  auto& proxy = welcome.run.proxy;
  proxy.listen.push_back({Address::any_ipv6(443), true, false});
  proxy.trusted.push_back(Network::parse("10.0.0.0/8").value());
  proxy.access_log = AccessLogSpec{"/var/log/access.log", AccessLogFormat::combined};
  proxy.limits.connections_per_client = 20;
  proxy.certificates.push_back({{"shop.example.com"}, "/etc/cert.pem", "/etc/key.pem"});
  service.rollout.steps = {10, 100};
  service.rollout.max_p99 = 0.25;
  service.rollout.plan = PlanChoice::hold;
  service.rollout.health = HealthCheck{"/healthz", Milliseconds{3000}};
  auto& commits = welcome.run.commits.emplace();
  commits.state_directory = "/var/lib/livefix";
  commits.listen = Address::ipv4(127, 0, 0, 1, 4850);
  welcome.run.receivers.push_back({{true, "hooks.example.com", 443, "/shop"},
                                   "",
                                   {NotifyEvent::taken_back, NotifyEvent::drift},
                                   "/etc/shop.secret"});
  auto& snapshot = welcome.services.emplace_back();
  snapshot.units.push_back({UnitId{7},
                            "dev-7",
                            "/srv/shop",
                            42,
                            0,
                            link::UnitPhase::running,
                            Milliseconds{1500},
                            {{Address::any_ipv6(3000), Address::ipv4(127, 64, 0, 7, 3000)}}});
  snapshot.plan.generations.push_back({UnitId{7},
                                       100,
                                       {{3000, Address::ipv4(127, 64, 0, 7, 3000)}},
                                       "dev-3",
                                       TimePoint{Milliseconds{90}}});
  return welcome;
}

TEST(Codec, BringsBackWhatWasSent) {
  const auto back = codec::decode<link::ToControl>(codec::encode(sample()));
  ASSERT_TRUE(back);
  const auto& welcome = std::get<link::Welcome>(*back);
  EXPECT_EQ(welcome.run.services.at(0).name, "shop");
  EXPECT_EQ(welcome.run.services.at(0).command, (std::vector<std::string>{"node", "server.js"}));
  EXPECT_EQ(welcome.run.services.at(0).build->command.at(1), "build");
  EXPECT_EQ(welcome.services.at(0).units.at(0).age, Milliseconds{1500});
  EXPECT_EQ(welcome.services.at(0).units.at(0).listening.at(0).backend.to_string(),
            "127.64.0.7:3000");
  EXPECT_EQ(welcome.services.at(0).plan.generations.at(0).weight, 100U);
  EXPECT_EQ(welcome.services.at(0).plan.generations.at(0).ends, TimePoint{Milliseconds{90}});
}

TEST(Codec, BringsBackWhatAConfigurationFileSays) {
  const auto back = codec::decode<link::ToControl>(codec::encode(sample()));
  ASSERT_TRUE(back);
  const auto& traffic = std::get<link::Welcome>(*back).run.services.at(0).traffic;
  EXPECT_EQ(traffic.protocol, Protocol::http);
  EXPECT_EQ(traffic.backend, BackendProtocol::http2);
  EXPECT_EQ(traffic.match.hosts, std::vector<std::string>{"*.example.com"});
  EXPECT_EQ(traffic.match.paths, std::vector<std::string>{"/api"});
  EXPECT_EQ(traffic.keep_request, 5'000'000'000U);
  EXPECT_EQ(traffic.limits.answer, Milliseconds{1500});
  EXPECT_EQ(traffic.limits.queue, 1000U);
  EXPECT_EQ(traffic.generation.cookie, "livefix");
  EXPECT_EQ(traffic.record.healthy, 0.005);
  EXPECT_EQ(traffic.record.statuses, std::vector<std::uint16_t>{409});
  const auto& proxy = std::get<link::Welcome>(*back).run.proxy;
  EXPECT_EQ(proxy.listen.at(0).address.to_string(), "[::]:443");
  EXPECT_TRUE(proxy.listen.at(0).tls);
  EXPECT_EQ(proxy.trusted.at(0).to_string(), "10.0.0.0/8");
  EXPECT_EQ(proxy.request_id, "X-Request-Id");
  EXPECT_EQ(proxy.access_log.value().file, "/var/log/access.log");
  EXPECT_EQ(proxy.access_log.value().format, AccessLogFormat::combined);
  EXPECT_EQ(proxy.limits.connections_per_client, 20U);
  EXPECT_EQ(proxy.certificates.at(0).key, "/etc/key.pem");
  EXPECT_EQ(proxy.certificates.at(0).names.at(0), "shop.example.com");
}

TEST(Codec, BringsBackHowCommitsAreTaken) {
  const auto back = codec::decode<link::ToControl>(codec::encode(sample()));
  ASSERT_TRUE(back);
  const auto& run = std::get<link::Welcome>(*back).run;
  EXPECT_EQ(run.services.at(0).rollout.steps, (std::vector<std::uint32_t>{10, 100}));
  EXPECT_EQ(run.services.at(0).rollout.max_p99, 0.25);
  EXPECT_EQ(run.services.at(0).rollout.plan, PlanChoice::hold);
  EXPECT_EQ(run.services.at(0).rollout.health.value().path, "/healthz");
  EXPECT_EQ(run.commits.value().state_directory, "/var/lib/livefix");
  EXPECT_EQ(run.commits.value().listen.value().to_string(), "127.0.0.1:4850");
  const NotifySpec& receiver = run.receivers.at(0);
  EXPECT_EQ(receiver.url.origin() + receiver.url.target, "https://hooks.example.com/shop");
  EXPECT_EQ(receiver.events,
            (std::vector<NotifyEvent>{NotifyEvent::taken_back, NotifyEvent::drift}));
  EXPECT_EQ(receiver.secret_file, "/etc/shop.secret");
}

TEST(Codec, RefusesEveryTruncation) {
  const auto bytes = codec::encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(codec::decode<link::ToControl>(std::string_view(bytes).substr(0, size))) << size;
  }
}

TEST(Codec, RefusesBytesLeftOver) {
  EXPECT_FALSE(codec::decode<link::ToControl>(codec::encode(sample()) + "x"));
}

TEST(Codec, RefusesAnUnknownAlternative) {
  EXPECT_FALSE(codec::decode<link::FromProxy>("\x7f"));
}

TEST(Codec, RefusesALengthBeyondTheInput) {
  using namespace std::string_literals;
  const auto elements = "\xff\xff\xff\xff"s;
  const auto text = "\x01\x00\x00\x00"s + elements;
  EXPECT_FALSE(codec::decode<TlsIdentities>(elements + "abc"));
  EXPECT_FALSE(codec::decode<TlsIdentities>(text + "abc"));
}

}  // namespace
}  // namespace livefix
