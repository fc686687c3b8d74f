#include "cli/otlp_section.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/config_file.h"
#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

class OtlpSectionTest : public ::testing::Test {
 protected:
  OtlpSectionTest() {
    tree_.file("otlp.token", "hunter2\n");
    setenv("LIVEFIX_TEST_OTLP_TOKEN", "hunter2", 1);
  }
  ~OtlpSectionTest() override { unsetenv("LIVEFIX_TEST_OTLP_TOKEN"); }

  std::expected<ConfigFile, ConfigErrors> parse(std::string_view lines) const {
    return parse_config(fmt::format("[otlp]\n{}\n", lines), tree_.path("livefix.toml"),
                        "livefix.toml", CodeSource::commits);
  }
  OtlpSpec collector(std::string_view lines) const {
    const auto config = parse(lines);
    EXPECT_TRUE(config) << fmt::format("{}", fmt::join(config.error(), "\n"));
    return config ? config->otlp.value() : OtlpSpec{};
  }
  // What is wrong, without the name of the file.
  std::string otlp_problem(std::string_view lines) const {
    const auto config = parse(lines);
    if (config) return "accepted";
    return config.error().at(0).substr(std::string_view("livefix.toml:").size());
  }

  TemporaryTree tree_;
};

constexpr std::string_view kEndpoint = "endpoint = \"http://collector:4318\"\n";

TEST_F(OtlpSectionTest, SaysWhichCollectorIsTold) {
  const auto spec = collector(
      "endpoint = \"https://otel.example.com/otlp/\"\ntimeout = \"3s\"\n[otlp.headers]\n"
      "Authorization = { file = \"otlp.token\" }\nX-Team = { env = \"LIVEFIX_TEST_OTLP_TOKEN\" }");
  EXPECT_EQ(spec.endpoint.origin(), "https://otel.example.com");
  EXPECT_EQ(spec.endpoint.target, "/otlp/v1/traces");
  EXPECT_EQ(spec.timeout, Milliseconds{3000});
  ASSERT_EQ(spec.headers.size(), 2U);
  EXPECT_EQ(spec.headers[0].name, "Authorization");
  EXPECT_EQ(spec.headers[0].file, tree_.path("otlp.token"));
  EXPECT_EQ(spec.headers[1].env, "LIVEFIX_TEST_OTLP_TOKEN");
}

TEST_F(OtlpSectionTest, AddsThePathOfTraces) {
  const auto target = [this](std::string_view url) {
    return collector(fmt::format("endpoint = \"{}\"", url)).endpoint.target;
  };
  EXPECT_EQ(target("http://collector:4318"), "/v1/traces");
  EXPECT_EQ(target("http://collector:4318/"), "/v1/traces");
  EXPECT_EQ(target("http://collector:4318/v1/traces"), "/v1/traces");
  EXPECT_EQ(target("http://collector/a//"), "/a/v1/traces");
}

TEST_F(OtlpSectionTest, NobodyIsToldWithoutIt) {
  const auto config =
      parse_config("", tree_.path("livefix.toml"), "livefix.toml", CodeSource::commits);
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->otlp);
}

TEST_F(OtlpSectionTest, RefusesWhatCannotBe) {
  EXPECT_EQ(otlp_problem(""),
            "1: otlp: it has no endpoint; write endpoint = \"http://collector:4318\"");
  for (const auto* wrong :
       {"collector:4318", "http://me:hunter2@collector", "http://a/?key=hunter2"}) {
    EXPECT_EQ(otlp_problem(fmt::format("endpoint = \"{}\"", wrong)),
              "2: otlp.endpoint: it is no address of a collector; write \"http://collector:4318\", "
              "and secrets as [otlp.headers]");
  }
  const auto with = [this](std::string_view more) {
    return otlp_problem(std::string(kEndpoint) + std::string(more));
  };
  EXPECT_EQ(with("headers = { Authorization = \"hunter2\" }"),
            "3: otlp.headers.Authorization: its value may be a secret; write { env = "
            "\"OTLP_TOKEN\" } or { file = \"otlp.token\" }");
  EXPECT_EQ(with("headers = { Authorization = {} }"),
            "3: otlp.headers.Authorization: it needs one of file and env; write { env = "
            "\"OTLP_TOKEN\" } or { file = \"otlp.token\" }");
  EXPECT_EQ(with("headers = { Authorization = { file = \"none\" } }"),
            "3: otlp.headers.Authorization.file: \"none\" is no file; write a path from this file");
  EXPECT_EQ(with("headers = { X = { env = \"LIVEFIX_TEST_NONE\" } }"),
            "3: otlp.headers.X.env: the environment of livefix has no LIVEFIX_TEST_NONE, or it is "
            "empty; set it to the secret");
  for (const auto* name : {"Host", "content-type", "\"a b\"", "\"\""}) {
    EXPECT_NE(with(fmt::format("headers = {{ {} = {{ file = \"otlp.token\" }} }}", name))
                  .find("it is no header that may be sent; write \"Authorization\""),
              std::string::npos)
        << name;
  }
  EXPECT_EQ(with("timeout = \"2m\""), "3: otlp.timeout: it is too long; write at most \"60s\"");
  EXPECT_EQ(with("protocol = \"grpc\""),
            "3: otlp.protocol: there is no such key; known are endpoint, headers, timeout");
}

}  // namespace
}  // namespace livefix::cli
