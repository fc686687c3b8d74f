#include "cli/otlp_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "cli/config_paths.h"
#include "cli/config_reader.h"
#include "cli/notify_section.h"
#include "cli/traffic_names.h"

namespace livefix::cli {
namespace {

constexpr std::size_t kMostHeaders = 16;
constexpr Milliseconds kShortestTimeout{100};
constexpr Milliseconds kLongestTimeout{60'000};
constexpr std::string_view kTracesPath = "/v1/traces";
constexpr auto kHeaderHint = R"({ env = "OTLP_TOKEN" } or { file = "otlp.token" })";

// OTLP 1.x, "OTLP/HTTP Request": the path of a base endpoint is followed by that of the signal.
std::string traces_target(std::string target) {
  if (target.ends_with(kTracesPath)) return target;
  while (target.ends_with('/')) target.pop_back();
  return target + std::string(kTracesPath);
}

void read_endpoint(const ConfigValue& value, OtlpSpec& spec) {
  const auto text = value.text(R"("http://collector:4318")");
  if (!text) return;
  auto address = parse_web_address(*text);
  if (!address || address->target.find('?') != std::string::npos) {
    return value.refuse(
        "it is no address of a collector; write \"http://collector:4318\", and secrets as "
        "[otlp.headers]");
  }
  spec.endpoint = std::move(*address);
  spec.endpoint.target = traces_target(std::move(spec.endpoint.target));
}

// Those that say what the request is are livefix's own.
bool is_own_header(std::string_view name) {
  constexpr std::array<std::string_view, 4> kOwn{"content-type", "content-encoding", "user-agent",
                                                 "connection"};
  return std::ranges::any_of(
      kOwn, [name](std::string_view own) { return std::ranges::equal(name, own, {}, lower); });
}

void read_header(const std::string& name, const ConfigValue& value, const std::string& directory,
                 OtlpSpec& spec) {
  if (const auto known = parse_field_name(name); !known || known->empty() || is_own_header(name)) {
    return value.refuse("it is no header that may be sent; write \"Authorization\"");
  }
  // Where it stood, everybody could read it who may read the file.
  if (value.is_text()) {
    return value.refuse(fmt::format("its value may be a secret; write {}", kHeaderHint));
  }
  auto place = value.table(kHeaderHint);
  if (!place) return;
  OtlpHeader header{.name = name};
  const auto file = place->find("file");
  const auto variable = place->find("env");
  if (!file == !variable) {
    place->refuse(fmt::format("it needs one of file and env; write {}", kHeaderHint));
  } else if (file) {
    const auto path = file->text(R"("otlp.token", a file with the value)");
    auto found = path ? existing_file(directory, *path) : fail("");
    if (found) {
      header.file = std::move(*found);
    } else if (path) {
      file->refuse(found.error().message);
    }
  } else if (const auto text = variable->text(R"("OTLP_TOKEN")")) {
    auto found = variable_with_secret(*text);
    if (found) {
      header.env = std::move(*found);
    } else {
      variable->refuse(found.error().message);
    }
  }
  place->refuse_unknown_keys();
  spec.headers.push_back(std::move(header));
}

}  // namespace

std::optional<OtlpSpec> read_otlp_section(ConfigTable table, const std::string& directory) {
  OtlpSpec spec;
  const auto endpoint = table.find("endpoint");
  if (endpoint) {
    read_endpoint(*endpoint, spec);
  } else {
    table.refuse("it has no endpoint; write endpoint = \"http://collector:4318\"");
  }
  if (const auto headers = table.read_table("headers", "[otlp.headers]")) {
    for (const auto& [name, value] : headers->entries()) {
      read_header(name, value, directory, spec);
    }
    if (spec.headers.size() > kMostHeaders) {
      headers->refuse(
          fmt::format("there are {}, and at most {} are sent", spec.headers.size(), kMostHeaders));
    }
  }
  table.read_duration("timeout", spec.timeout, kShortestTimeout);
  if (const auto timeout = table.find("timeout"); timeout && spec.timeout > kLongestTimeout) {
    timeout->refuse("it is too long; write at most \"60s\"");
  }
  table.refuse_unknown_keys();
  return spec;
}

}  // namespace livefix::cli
