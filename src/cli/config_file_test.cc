#include "cli/config_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <random>

#include "cli/temporary_tree.h"
#include "model/run_spec.h"

namespace livefix::cli {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

// The example of docs/configuration.md, with a value of its own for each key.
constexpr auto kWhole = R"(
[service.shop]
command     = "node 'server.js'"
directory   = "app"
port        = 3000
build       = ["go", "build", "-o", "{output}", "."]
environment = { NAME = "a value", EMPTY = "" }
watch       = { extensions = ["js", ".ts"], ignore = ["*.tmp"], also = ["shared.conf", "app/.flags"] }
protocol    = "http"
backend     = "http2"
hosts       = ["Shop.Example.com", "*.shop.example.com."]
paths       = ["/api/", "/"]
ready       = "31s"
drain       = "1.5s"
stop_grace  = "500ms"
hold        = { time = "2m", requests = 5 }
count_routes = false
replay_posts = true
keep_request = "1MiB"
slow_start  = "10s"
keep        = ["node_modules"]
health      = { path = "/healthz", timeout = "3s" }
[service.shop.limits]
in_flight   = 100
queue       = 7
answer      = "1h"
idle_answer = "30s"
[service.shop.generation]
header      = "X-Generation"
cookie      = "livefix"
[service.shop.rollout]
steps       = ["1%", "100%"]
bake        = "20s"
warm        = "1h"
max_error_rate = "+1%"
max_p99     = "25%"
little_traffic = "refuse"
patience    = "5m"

[service.cart]
command     = "./cart"
watch       = false
protocol    = "tcp"

[push]
branch      = "live"
require_signed = "cert.pem"
keep_releases = 7
listen      = "127.0.0.1:4850"

[proxy]
threads     = 4
listen      = ["0.0.0.0:8080", { address = "[::]:443", tls = true, proxy_protocol = true }]
trusted     = ["10.0.0.0/8", "2001:db8::/32"]
request_id  = ""
traceparent = false
[proxy.access_log]
file        = "access.log"
format      = "combined"
[proxy.limits]
head        = "32KiB"
fields      = 50
body        = "10MB"
connections = 1000
connections_per_client = 10
head_time   = "5s"
body_time   = "6s"
idle        = "7s"
http2_ping  = "0s"
[[proxy.certificate]]
names       = ["shop.example.com"]
certificate = "cert.pem"
key         = "app/key.pem"
)";

class ConfigFileTest : public testing::Test {
 protected:
  ConfigFileTest() {
    tree_.directory("app");
    tree_.file("cert.pem");
    tree_.file("app/key.pem");
  }

  std::expected<ConfigFile, ConfigErrors> parse(std::string_view text) const {
    return parse_config(text, tree_.path("livefix.toml"), "livefix.toml", CodeSource::tree);
  }
  // What is wrong, without the name of the file.
  Words problems(std::string_view text) const {
    const auto config = parse(text);
    if (config) return {};
    auto result = config.error();
    for (auto& sentence : result) {
      EXPECT_TRUE(sentence.starts_with("livefix.toml:")) << sentence;
      sentence.erase(0, std::string_view("livefix.toml:").size());
    }
    return result;
  }
  std::string problem(std::string_view text) const {
    const auto all = problems(text);
    EXPECT_LE(all.size(), 1U) << fmt::format("{}", fmt::join(all, "\n"));
    return all.empty() ? "accepted" : all[0];
  }
  std::string in_service(std::string_view line) const {
    return problem(fmt::format("[service.shop]\n{}\n", line));
  }
  std::string in_proxy(std::string_view line) const {
    return problem(fmt::format("[proxy]\n{}\n", line));
  }

  TemporaryTree tree_;
};

TEST_F(ConfigFileTest, DescribesServices) {
  const auto config = parse(kWhole);
  ASSERT_TRUE(config) << fmt::format("{}", fmt::join(config.error(), "\n"));
  ASSERT_EQ(config->services.size(), 2U);
  const auto& cart = config->services[0];
  EXPECT_EQ(cart.name, "cart");
  EXPECT_EQ(cart.command, Words{"./cart"});
  EXPECT_EQ(cart.directory, tree_.path());
  EXPECT_FALSE(cart.watch.enabled);
  EXPECT_EQ(cart.traffic.protocol, Protocol::tcp);

  const auto& shop = config->services[1];
  EXPECT_EQ(shop.file, tree_.path("livefix.toml"));
  EXPECT_EQ(shop.name, "shop");
  EXPECT_EQ(shop.command, (Words{"node", "server.js"}));
  EXPECT_EQ(shop.directory, tree_.path("app"));
  EXPECT_EQ(shop.port, 3000);
  EXPECT_EQ(shop.build.value(), (Words{"go", "build", "-o", "{output}", "."}));
  EXPECT_EQ(shop.environment, (Words{"EMPTY=", "NAME=a value"}));
  EXPECT_TRUE(shop.watch.enabled);
  EXPECT_EQ(shop.watch.extensions, (Words{"js", "ts"}));
  EXPECT_EQ(shop.watch.ignored_files, Words{"*.tmp"});
  EXPECT_EQ(shop.watch.files, (Words{tree_.path("shared.conf"), ".flags"}));
  EXPECT_EQ(shop.timing.ready, 31s);
  EXPECT_EQ(shop.timing.drain, 1500ms);
  EXPECT_EQ(shop.timing.stop_grace, 500ms);
  EXPECT_EQ(shop.timing.hold, 2min);
  EXPECT_EQ(shop.held_requests, 5U);
}

TEST_F(ConfigFileTest, DescribesTraffic) {
  const auto config = parse(kWhole);
  ASSERT_TRUE(config);
  const auto& traffic = config->services.at(1).traffic;
  EXPECT_EQ(traffic.protocol, Protocol::http);
  EXPECT_EQ(traffic.backend, BackendProtocol::http2);
  EXPECT_EQ(traffic.match.hosts, (Words{"shop.example.com", "*.shop.example.com"}));
  EXPECT_EQ(traffic.match.paths, (Words{"/api", "/"}));
  EXPECT_FALSE(traffic.count_routes);
  EXPECT_TRUE(traffic.replay_posts);
  EXPECT_EQ(traffic.keep_request, 1U << 20);
  EXPECT_EQ(traffic.slow_start, 10s);
  EXPECT_EQ(traffic.limits.in_flight, 100U);
  EXPECT_EQ(traffic.limits.queue, 7U);
  EXPECT_EQ(traffic.limits.answer, 1h);
  EXPECT_EQ(traffic.limits.idle_answer, 30s);
  EXPECT_EQ(traffic.generation.header, "X-Generation");
  EXPECT_EQ(traffic.generation.cookie, "livefix");
}

TEST_F(ConfigFileTest, DescribesTheProxy) {
  const auto config = parse(kWhole);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->proxy.threads, 4);
  const auto& proxy = config->proxy.spec;
  ASSERT_EQ(proxy.listen.size(), 2U);
  EXPECT_EQ(proxy.listen[0].address.to_string(), "0.0.0.0:8080");
  EXPECT_FALSE(proxy.listen[0].tls);
  EXPECT_EQ(proxy.listen[1].address.to_string(), "[::]:443");
  EXPECT_TRUE(proxy.listen[1].tls);
  EXPECT_TRUE(proxy.listen[1].proxy_protocol);
  ASSERT_EQ(proxy.trusted.size(), 2U);
  EXPECT_EQ(proxy.trusted[1].to_string(), "2001:db8::/32");
  EXPECT_EQ(proxy.request_id, "");
  EXPECT_FALSE(proxy.traceparent);
  ASSERT_TRUE(proxy.access_log);
  EXPECT_EQ(proxy.access_log->file, tree_.path("access.log"));
  EXPECT_EQ(proxy.access_log->format, AccessLogFormat::combined);
  EXPECT_EQ(proxy.limits.head, 32U << 10);
  EXPECT_EQ(proxy.limits.fields, 50U);
  EXPECT_EQ(proxy.limits.body, 10'000'000U);
  EXPECT_EQ(proxy.limits.connections, 1000U);
  EXPECT_EQ(proxy.limits.connections_per_client, 10U);
  EXPECT_EQ(proxy.limits.head_time, 5s);
  EXPECT_EQ(proxy.limits.body_time, 6s);
  EXPECT_EQ(proxy.limits.idle, 7s);
  EXPECT_EQ(proxy.limits.http2_ping, 0s);
  ASSERT_EQ(proxy.certificates.size(), 1U);
  EXPECT_EQ(proxy.certificates[0].names, Words{"shop.example.com"});
  EXPECT_EQ(proxy.certificates[0].certificate, tree_.path("cert.pem"));
  EXPECT_EQ(proxy.certificates[0].key, tree_.path("app/key.pem"));
}

TEST_F(ConfigFileTest, HasDefaultsForEverything) {
  for (const auto* text : {"", "\n# nothing\n", "\xef\xbb\xbf", "[service]\n[proxy]\r\n"}) {
    const auto config = parse(text);
    ASSERT_TRUE(config) << text;
    EXPECT_TRUE(config->services.empty());
    EXPECT_EQ(config->proxy.threads, 0);
    EXPECT_EQ(config->proxy.spec.request_id, "X-Request-Id");
    EXPECT_TRUE(config->proxy.spec.traceparent);
    EXPECT_FALSE(config->proxy.spec.access_log);
  }
  const auto config = parse("[service.shop]\n[proxy.access_log]\n[proxy.limits]\nbody = \"0\"");
  ASSERT_TRUE(config);
  const auto& shop = config->services.at(0);
  EXPECT_TRUE(shop.command.empty());
  EXPECT_EQ(shop.directory, tree_.path());
  EXPECT_FALSE(shop.build);
  EXPECT_EQ(shop.held_requests, 10'000U);
  EXPECT_EQ(shop.traffic.keep_request, 64U << 10);
  EXPECT_EQ(config->proxy.spec.access_log.value().file, "");
  EXPECT_EQ(config->proxy.spec.limits.body, 0U);
}

TEST_F(ConfigFileTest, TellsEverythingThatIsWrongByLines) {
  EXPECT_EQ(problems("[proxy]\n"
                     "threads = -1\n"
                     "[service.shop]\n"
                     "comand = \"node server.js\"\n"
                     "drain = \"5\"\n"
                     "limits = { queue = \"x\", answer = true }\n"
                     "[servce.cart]\n"),
            (Words{
                "2: proxy.threads: -1 is too small; write a number from 0 to 64",
                "4: service.shop.comand: there is no such key; did you mean command?",
                "5: service.shop.drain: \"5\" has no unit; write \"5s\" or \"500ms\"",
                "6: service.shop.limits.queue: \"x\" is text; write a number from 0 to 4294967295",
                "6: service.shop.limits.answer: true does not go here; write \"5s\" or \"500ms\"",
                "7: servce: there is no such key; did you mean service?",
            }));
}

TEST_F(ConfigFileTest, RefusesQuantitiesThatSayNothing) {
  EXPECT_EQ(in_service("drain = 5"),
            "2: service.shop.drain: 5 has no unit; write \"5s\" or \"500ms\"");
  EXPECT_EQ(in_service("drain = -5"),
            "2: service.shop.drain: -5 is a number; write \"5s\" or \"500ms\"");
  EXPECT_EQ(in_service("ready = \"25h\""), "2: service.shop.ready: \"25h\" is longer than a day");
  EXPECT_EQ(in_service("hold = { time = \"soon\" }"),
            "2: service.shop.hold.time: \"soon\" is no duration; write \"5s\" or \"500ms\"");
  EXPECT_EQ(in_service("ready = \"" + std::string(2000, '9') + "\""),
            "2: service.shop.ready: \"" + std::string(60, '9') +
                "...\" is no duration; write \"5s\" or \"500ms\"");
  EXPECT_EQ(in_service("keep_request = 64"),
            "2: service.shop.keep_request: 64 has no unit; write \"64KiB\" or \"64B\"");
  EXPECT_EQ(in_service("keep_request = \"1GiB\""),
            "2: service.shop.keep_request: \"1GiB\" is too large; write a size from \"0B\" to "
            "\"16MiB\"");
  EXPECT_EQ(in_service("port = 0"),
            "2: service.shop.port: 0 is too small; write a number from 1 to 65535");
  EXPECT_EQ(in_service("port = \"3000\""),
            "2: service.shop.port: \"3000\" is text; write a number from 1 to 65535");
  EXPECT_EQ(in_service("limits = { in_flight = 4294967296 }"),
            "2: service.shop.limits.in_flight: 4294967296 is too large; write a number from 0 to "
            "4294967295");
  EXPECT_EQ(in_proxy("limits = { head_time = \"0s\" }"),
            "2: proxy.limits.head_time: \"0s\" is too short; write \"1ms\" or more");
  EXPECT_EQ(in_proxy("limits = { head = \"0\" }"),
            "2: proxy.limits.head: \"0\" is too small; write a size from \"1KiB\" to \"1MiB\"");
}

TEST_F(ConfigFileTest, RefusesOtherTypes) {
  EXPECT_EQ(problem("service = 1"), "1: service: 1 is a number; write [service.NAME]");
  EXPECT_EQ(problem("[service]\nshop = \"x\""),
            "2: service.shop: \"x\" is text; write [service.shop]");
  EXPECT_EQ(problem("[[service]]\n"), "1: service: this is an array; write [service.NAME]");
  EXPECT_EQ(in_service("command = 1979-05-27"),
            "2: service.shop.command: this is a date or a time; write \"node server.js\"");
  EXPECT_EQ(in_service("command = [\"node\", 1]"),
            "2: service.shop.command[1]: 1 is a number; write the words of a command");
  EXPECT_EQ(in_service("watch = \"js\""),
            "2: service.shop.watch: \"js\" is text; write true, false or { extensions = [\"js\"], "
            "ignore = [\"*.tmp\"] }");
  EXPECT_EQ(in_service("hosts = \"a.b\""),
            "2: service.shop.hosts: \"a.b\" is text; write [\"shop.example.com\"]");
  EXPECT_EQ(in_service("limits = { queue = 1.5 }"),
            "2: service.shop.limits.queue: 1.5 is a number with a fraction; write a number from 0 "
            "to 4294967295");
  EXPECT_EQ(in_service("replay_posts = 1"),
            "2: service.shop.replay_posts: 1 is a number; write true or false");
  EXPECT_EQ(in_service("environment = { A = 1 }"),
            "2: service.shop.environment.A: 1 is a number; write its value in quotes");
  EXPECT_EQ(in_service("backend = \"h2\""),
            "2: service.shop.backend: \"h2\" is not known here; write \"auto\", \"http1\" or "
            "\"http2\"");
  EXPECT_EQ(in_service("command = \"a\\u0000b\""),
            "2: service.shop.command: \"a\\u0000b\" has a NUL character; write \"node server.js\"");
}

TEST_F(ConfigFileTest, RefusesCommandsThatCannotBeRun) {
  EXPECT_EQ(in_service("command = \"\""),
            "2: service.shop.command: \"\": it has no words; name a program");
  EXPECT_EQ(in_service("command = []"),
            "2: service.shop.command: it names no program; write \"node server.js\"");
  EXPECT_EQ(in_service("command = 'cd x && node y'"),
            "2: service.shop.command: \"cd x && node y\": \"&\" would be for a shell, and none is "
            "used; put it in single quotes, or write [\"sh\", \"-c\", \"...\"]");
  EXPECT_EQ(in_service("command = '{output} -v'"),
            "2: service.shop.command: {output} is what a build makes, and there is none; write "
            "build = \"go build -o {output} .\"");
  EXPECT_EQ(in_service("build = []\ncommand = '{output} -v'"),
            "2: service.shop.build: it names no program; write \"go build -o {output} .\"");
  EXPECT_EQ(in_service("directory = \"nowhere\""),
            "2: service.shop.directory: \"nowhere\" is no directory; write a path from this file");
  EXPECT_EQ(in_service("environment = { \"A=B\" = \"\" }"),
            "2: service.shop.environment.\"A=B\": \"A=B\" is no name of a variable; write NAME = "
            "\"value\"");
  EXPECT_EQ(in_service("port = 3000\nenvironment = { PORT = \"1\" }"),
            "3: service.shop.environment.PORT: port = 3000 sets this variable already; remove one "
            "of them");
  EXPECT_EQ(in_service("environment = { LIVEFIX_KEEPER = \"1\" }"),
            "2: service.shop.environment.LIVEFIX_KEEPER: livefix sets this variable itself; remove "
            "it");
  EXPECT_EQ(problem("[service.\"My Shop\"]"),
            "1: service.\"My Shop\": \"My Shop\" may have a-z, 0-9 and - only; write \"my-shop\"");
  EXPECT_EQ(in_service("watch = { also = [\"app\"] }"),
            "2: service.shop.watch.also[0]: \"app\" is a directory; name the files in it");
}

TEST_F(ConfigFileTest, ListsRoutes) {
  const auto config = parse("[service.shop]\nroutes = [\"/user/:name\", \"/files/*\"]");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->services.at(0).traffic.routes, (Words{"/user/:name", "/files/*"}));
  EXPECT_EQ(in_service("routes = [\"user\"]"),
            "2: service.shop.routes[0]: \"user\" does not begin with /; write \"/user/:name\"");
  std::string many;
  for (int i = 0; i < 65; ++i) many += "\"/a\",";
  EXPECT_EQ(in_service("routes = [" + many + "]"),
            "2: service.shop.routes: these are 65 routes, and 64 is the most; * stands for many");
  EXPECT_EQ(
      in_service("protocol = \"tcp\"\nroutes = [\"/\"]"),
      "3: service.shop.routes: it is about HTTP, and protocol is \"tcp\"; remove one of them");
}

TEST_F(ConfigFileTest, RunsWhatABuildMakes) {
  const auto config = parse("[service.shop]\nbuild = \"go build -o {output} .\"");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->services.at(0).command, Words{"{output}"});
}

TEST_F(ConfigFileTest, RefusesWhatContradictsItself) {
  EXPECT_EQ(in_service("protocol = \"tcp\"\npaths = [\"/\"]"),
            "3: service.shop.paths: it is about HTTP, and protocol is \"tcp\"; remove one of them");
  EXPECT_EQ(in_proxy("listen = [{ address = \"[::]:443\", tls = true }]"),
            "2: proxy.listen: tls = true needs a certificate; write [[proxy.certificate]] with "
            "certificate and key, or with development = true");
  EXPECT_EQ(
      problem("[[proxy.certificate]]\ndevelopment = true\nkey = \"cert.pem\"\n"),
      "1: proxy.certificate[0]: development = true makes certificate and key; remove them, or "
      "development");
  EXPECT_EQ(in_proxy("listen = [\"[::]:1\", { address = \"[::]:1\" }]"),
            "2: proxy.listen[1].address: \"[::]:1\" is there twice; remove one of them");
}

TEST_F(ConfigFileTest, RefusesAddressesAndFiles) {
  EXPECT_EQ(in_proxy("listen = [\"8080\"]"),
            "2: proxy.listen[0]: \"8080\" is no address with a port; write \"0.0.0.0:8080\" or "
            "\"[::]:8080\"");
  EXPECT_EQ(in_proxy("listen = [\"[::]:0\"]"),
            "2: proxy.listen[0]: \"[::]:0\" has port 0; write a number from 1 to 65535");
  EXPECT_EQ(in_proxy("listen = [{ tls = false }]"),
            "2: proxy.listen[0]: it has no address; write address = \"0.0.0.0:443\"");
  EXPECT_EQ(in_proxy("trusted = [\"10.1.0.0/8\"]"),
            "2: proxy.trusted[0]: \"10.1.0.0/8\" has bits beyond its prefix; write \"10.0.0.0/8\"");
  EXPECT_EQ(in_proxy("access_log = { file = \"app\" }"),
            "2: proxy.access_log.file: \"app\" is a directory; write \"app/access.log\"");
  EXPECT_EQ(in_proxy("request_id = \"a b\""),
            "2: proxy.request_id: \"a b\" is no header name; write \"X-Name\"");
  EXPECT_EQ(problem("[[proxy.certificate]]\ncertificate = \"cert.pem\"\n"),
            "1: proxy.certificate[0]: it has no key; write key = \"key.pem\"");
  EXPECT_EQ(problem("[[proxy.certificate]]\ncertificate = \"no.pem\"\nkey = \"cert.pem\"\n"),
            "2: proxy.certificate[0].certificate: \"no.pem\" is no file; write a path from this "
            "file");
}

TEST_F(ConfigFileTest, NamesTheKeysThatThereAre) {
  EXPECT_EQ(in_service("[service.shop.hold]\nxyzzy = 1"),
            "3: service.shop.hold.xyzzy: there is no such key; known are time, requests");
  EXPECT_EQ(problem("\"a\\nb\" = 1"),
            "1: \"a\\u000ab\": there is no such key; known are service, proxy, push, notify, otlp");
}

TEST_F(ConfigFileTest, SaysWhatIsNoToml) {
  const auto begins = [&](std::string_view text, std::string_view sentence) {
    EXPECT_EQ(problem(text).substr(0, sentence.size()), sentence);
  };
  begins("a = 1\na = 2\n", "2: it is no TOML at column ");
  begins("a = 99999999999999999999", "1: it is no TOML at column ");
  begins(
      "\x7f"
      "ELF\x02\x01\x01",
      "1: it is no TOML at column 1: ");
  begins(std::string_view("\0\0\0", 3), "1: it is no TOML at column 1: ");
  begins("a = \"\xff\xfe\"", "1: it is no text in UTF-8; save it as such");
  begins("\n\xff\xfe", "2: it is no text in UTF-8; save it as such");
  begins("# \xc3\xa4\n# \xe4\n", "2: it is no text in UTF-8; save it as such");
  begins("a = '\xed\xa0\x80'", "1: it is no text in UTF-8; save it as such");
  begins("[[[a]]]", "1: it is no TOML at column ");
  begins("[[=", "1: it is no TOML at column ");
  begins("[service.shop", "1: it is no TOML at column ");
  EXPECT_TRUE(problem("[service.shop]\ncommand = node x\n").ends_with("; text needs quotes"));
  EXPECT_FALSE(problem("[service.shop]\ncommand = \"node x\n").ends_with("; text needs quotes"));
  EXPECT_NE(problem("a = " + std::string(100'000, '[')), "accepted");
  for (const auto& sentence : problems("\x1b[31mred = \x07")) {
    EXPECT_EQ(sentence.find_first_of("\x1b\x07\n"), std::string::npos) << sentence;
  }
}

TEST_F(ConfigFileTest, SurvivesDamage) {
  std::minstd_rand random(1);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  for (int round = 0; round < 3000; ++round) {
    std::string text = kWhole;
    for (auto times = below(4); times > 0; --times) {
      const auto at = below(text.size());
      switch (below(3)) {
        case 0:
          text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text.erase(at, below(20));
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(20)));
      }
    }
    const auto config = parse(text);
    EXPECT_TRUE(config || !config.error().empty());
  }
}

TEST_F(ConfigFileTest, SaysWhyItCannotBeRead) {
  const auto error = [&](const std::string& name) {
    const auto config = read_config(tree_.path(name), name, CodeSource::tree);
    if (config) return std::string("accepted");
    EXPECT_EQ(config.error().size(), 1U);
    return config.error().at(0);
  };
  tree_.file("livefix.toml", "[service.shop]\n");
  EXPECT_EQ(error("livefix.toml"), "accepted");
  EXPECT_EQ(error("livefx.toml"), "livefx.toml: no such file; did you mean livefix.toml?");
  EXPECT_EQ(error("app/other"), "app/other: no such file");
  EXPECT_EQ(error("app"), "app: it is a directory; name a file");
  mkfifo(tree_.path("pipe").c_str(), 0600);
  EXPECT_EQ(error("pipe"), "pipe: it is no regular file; name one");
  EXPECT_EQ(error("livefix.toml/x"), "livefix.toml/x: it cannot be read: Not a directory");
  tree_.file("large", std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(error("large"), "large: it is larger than 1 MiB; name the right file");
}

TEST_F(ConfigFileTest, IsFoundEvenIfItCannotBeRead) {
  EXPECT_FALSE(has_config(tree_.path()));
  tree_.directory("livefix.toml");
  EXPECT_TRUE(has_config(tree_.path()));
}

TEST_F(ConfigFileTest, LetsServicesBeChosen) {
  const auto choose = [&](std::string_view text, const std::vector<std::string>& wanted) {
    const auto config = parse(text).value();
    const auto chosen = choose_services(config, wanted);
    if (!chosen) return chosen.error().message;
    std::string names;
    for (const auto* service : *chosen) names += service->name + " ";
    return names;
  };
  EXPECT_EQ(choose("", {}), "");
  EXPECT_EQ(choose("[service.shop]", {}), "shop ");
  EXPECT_EQ(choose("[service.shop]", {"shop"}), "shop ");
  EXPECT_EQ(choose(kWhole, {"cart"}), "cart ");
  EXPECT_EQ(choose(kWhole, {}), "cart shop ");
  EXPECT_EQ(choose(kWhole, {"shop", "cart", "shop"}), "cart shop ");
  EXPECT_EQ(choose(kWhole, {"cart", "shp"}),
            "--service: livefix.toml has no service shp; did you mean shop?");
  EXPECT_EQ(choose(kWhole, {"admin"}),
            "--service: livefix.toml has no service admin; it has cart, shop");
  EXPECT_EQ(choose("", {"shop"}),
            "--service: livefix.toml describes no service; add [service.shop]");
  std::string many;
  for (std::size_t i = 0; i <= kMaxServices; ++i) many += fmt::format("[service.s{}]\n", i);
  EXPECT_EQ(choose(many, {}),
            "livefix.toml has 17 services, and one livefix runs up to 16; choose some with "
            "--service");
  EXPECT_EQ(choose(many, {"s3"}), "s3 ");
}

TEST_F(ConfigFileTest, KnowsWhatKeepsServicesFromRunningTogether) {
  const auto clashes = [&](std::string_view text) {
    const auto config = parse(text).value();
    const auto all = clashes_of(config, choose_services(config, {}).value());
    return fmt::format("{}", fmt::join(all, "\n"));
  };
  constexpr auto kSamePort = "[service.cart]\nport = 3000\n[service.shop]\nport = 3000\n";
  EXPECT_EQ(clashes(kSamePort),
            "livefix.toml:4: service.shop.port: 3000 is the port of service.cart as well, and "
            "nothing tells requests for the two apart; write another one, or give one of them "
            "hosts or paths of its own");
  EXPECT_EQ(clashes(std::string(kSamePort) + "paths = ['/shop']\n"), "");
  EXPECT_EQ(clashes(std::string(kSamePort) + "paths = ['/']\n"), clashes(kSamePort));
  EXPECT_EQ(clashes("[service.cart]\nport = 1\n[service.shop]\nport = 2\n"), "");
  EXPECT_EQ(clashes("[service.cart]\n[service.shop]\n"), "") << "they may well have ports apart";
  EXPECT_EQ(clashes("[service.cart]\n[service.shop]\n[proxy]\nlisten = ['127.0.0.1:1']\n"),
            "livefix.toml:2: service.shop: at proxy.listen nothing tells requests for it and for "
            "service.cart apart; give one of them hosts or paths of its own");
  EXPECT_EQ(clashes("[service.a]\nprotocol = 'tcp'\nport = 3000\n"
                    "[service.b]\nport = 3000\npaths = ['/x']\n"),
            "livefix.toml:5: service.b.port: 3000 is the port of service.a as well, and nothing "
            "tells requests for the two apart; write another one, or give one of them hosts or "
            "paths of its own");
}

}  // namespace
}  // namespace livefix::cli
