#include "cli/record_section.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "cli/config_file.h"

namespace livefix::cli {
namespace {

std::expected<ConfigFile, ConfigErrors> parse(std::string_view lines) {
  return parse_config(fmt::format("[service.shop]\n{}\n", lines), "/nowhere/livefix.toml",
                      "livefix.toml", CodeSource::tree);
}

std::string record_problem(std::string_view lines) {
  const auto parsed = parse(lines);
  if (parsed) return "accepted";
  const auto all = fmt::format("{}", fmt::join(parsed.error(), "\n"));
  return all.substr(all.find(": service.shop.") + 15);
}

TEST(RecordSection, SaysWhatIsRecorded) {
  const auto parsed = parse(R"(
    command = "node server.js"
    [service.shop.record]
    failures = false
    statuses = [409, 422]
    healthy = "0.5%"
    body = "16KiB"
    memory = "4MiB"
    redact = ["X-Customer", "iban"])");
  ASSERT_TRUE(parsed) << fmt::format("{}", fmt::join(parsed.error(), "\n"));
  const RecordSpec& record = parsed->services.at(0).traffic.record;
  EXPECT_FALSE(record.failures);
  EXPECT_EQ(record.statuses, (std::vector<std::uint16_t>{409, 422}));
  EXPECT_DOUBLE_EQ(record.healthy, 0.005);
  EXPECT_EQ(record.body, 16U << 10);
  EXPECT_EQ(record.memory, 4U << 20);
  EXPECT_EQ(record.redact, (std::vector<std::string>{"X-Customer", "iban"}));
}

TEST(RecordSection, CanBeOff) {
  const auto parsed = parse("command = \"node server.js\"\nrecord = { memory = \"0\" }");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->services.at(0).traffic.record.memory, 0U);
}

TEST(RecordSection, RefusesWhatMakesNoSense) {
  for (const auto* lines :
       {"record = true", "record = { statuses = [200] }", "record = { statuses = [\"500\"] }",
        "record = { healthy = \"101%\" }", "record = { healthy = 5 }",
        "record = { body = \"1MiB\" }", "record = { memory = \"1KiB\" }",
        "record = { memory = \"2GiB\" }", "record = { redact = [\"a b\"] }",
        "record = { redact = [\"\"] }", "record = { other = 1 }"}) {
    const auto found = record_problem(fmt::format("command = \"node server.js\"\n{}", lines));
    EXPECT_TRUE(found.starts_with("record")) << lines << ": " << found;
  }
  EXPECT_NE(
      record_problem("command = \"x\"\nprotocol = \"tcp\"\nrecord = {}").find("it is about HTTP"),
      std::string::npos);
}

}  // namespace
}  // namespace livefix::cli
