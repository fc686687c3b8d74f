#include "cli/proxy_section.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/config_paths.h"
#include "cli/config_reader.h"
#include "cli/surroundings.h"
#include "cli/traffic_names.h"
#include "model/traffic_stats.h"

namespace livefix::cli {
namespace {

constexpr std::int64_t kMostFields = 128;  // what a scanned head has room for
constexpr std::uint64_t kLeastHead = 1 << 10;
constexpr std::uint64_t kLargestHead = 1 << 20;
constexpr std::uint64_t kLargestBody = 1ULL << 40;
constexpr Milliseconds kShortestLimit{1};  // none at all would be an open door

// A path in quotes, of a file that has to be there; "" after a problem.
std::string read_file_name(ConfigTable& table, std::string_view key, const std::string& directory) {
  const auto value = table.find(key);
  if (!value) {
    table.refuse(fmt::format("it has no {0}; write {0} = \"{0}.pem\"", key));
    return {};
  }
  const auto text = value->text(R"("cert.pem")");
  if (!text) return {};
  auto path = existing_file(directory, *text);
  if (path) return std::move(*path);
  value->refuse(path.error().message);
  return {};
}

void add_listen(ProxySpec& spec, const ConfigValue& value, const std::string& text,
                ListenSpec listen) {
  const auto address = Address::parse(text);
  if (!address) {
    value.refuse(fmt::format(
        "{} is no address with a port; write \"0.0.0.0:8080\" or \"[::]:8080\"", in_quotes(text)));
  } else if (address->port == 0) {
    value.refuse(fmt::format("{} has port 0; write a number from 1 to 65535", in_quotes(text)));
  } else if (std::ranges::any_of(
                 spec.listen, [&](const ListenSpec& other) { return other.address == *address; })) {
    value.refuse(fmt::format("{} is there twice; remove one of them", in_quotes(text)));
  } else {
    listen.address = *address;
    spec.listen.push_back(listen);
  }
}

void read_listen(ConfigTable& table, ProxySpec& spec) {
  constexpr auto kHint = R"(["0.0.0.0:8080", { address = "0.0.0.0:443", tls = true }])";
  const auto value = table.find("listen");
  if (!value) return;
  for (const auto& element : value->elements(kHint)) {
    if (element.is_text()) {
      if (const auto text = element.text(kHint)) add_listen(spec, element, *text, {});
      continue;
    }
    auto details = element.table(R"("0.0.0.0:8080" or { address = "0.0.0.0:443", tls = true })");
    if (!details) continue;
    ListenSpec listen;
    details->read_truth("tls", listen.tls);
    details->read_truth("proxy_protocol", listen.proxy_protocol);
    if (const auto address = details->find("address")) {
      const auto text = address->text(R"("0.0.0.0:443")");
      if (text) add_listen(spec, *address, *text, listen);
    } else {
      details->refuse(R"(it has no address; write address = "0.0.0.0:443")");
    }
    details->refuse_unknown_keys();
  }
}

void read_trusted(ConfigTable& table, ProxySpec& spec) {
  constexpr auto kHint = R"(["10.0.0.0/8", "2001:db8::/32"])";
  const auto value = table.find("trusted");
  if (!value) return;
  for (const auto& element : value->elements(kHint)) {
    const auto text = element.text(kHint);
    if (!text) continue;
    const auto network = Network::parse(*text);
    if (network) {
      spec.trusted.push_back(*network);
    } else {
      element.refuse(network.error().message);
    }
  }
}

void read_access_log(ConfigTable& table, ProxySpec& spec, const std::string& directory) {
  auto details = table.read_table("access_log", R"({ file = "access.log" })");
  if (!details) return;
  AccessLogSpec log;
  if (const auto value = details->find("file")) {
    const auto text = value->text(R"("access.log" or "stdout")");
    if (text && text->empty()) value->refuse(R"("" is empty; write "access.log" or "stdout")");
    if (text && !text->empty() && *text != "stdout") {
      log.file = resolved_path(directory, *text);
      if (is_directory(log.file)) {
        value->refuse(
            fmt::format("{} is a directory; write \"{}/access.log\"", in_quotes(*text), *text));
      }
    }
  }
  details->read_choice("format", log.format,
                       {{"json", AccessLogFormat::json}, {"combined", AccessLogFormat::combined}});
  details->refuse_unknown_keys();
  spec.access_log = std::move(log);
}

void read_limits(ConfigTable& table, ProxyLimits& limits) {
  auto details = table.read_table("limits", R"({ head = "64KiB" })");
  if (!details) return;
  std::uint64_t head = limits.head;
  details->read_size("head", head, kLeastHead, kLargestHead);
  limits.head = static_cast<std::uint32_t>(head);
  details->read_number("fields", limits.fields, {1, kMostFields});
  details->read_size("body", limits.body, 0, kLargestBody);
  details->read_number("connections", limits.connections);
  details->read_number("connections_per_client", limits.connections_per_client);
  details->read_duration("head_time", limits.head_time, kShortestLimit);
  details->read_duration("body_time", limits.body_time, kShortestLimit);
  details->read_duration("idle", limits.idle, kShortestLimit);
  details->read_duration("http2_ping", limits.http2_ping);
  details->refuse_unknown_keys();
}

void read_certificates(ConfigTable& table, ProxySpec& spec, const std::string& directory) {
  const auto value = table.find("certificate");
  if (!value) return;
  for (const auto& element : value->elements("[[proxy.certificate]]")) {
    auto details = element.table("[[proxy.certificate]]");
    if (!details) continue;
    CertificateSpec certificate;
    details->read_texts("names", certificate.names, R"(["shop.example.com"])", parse_host);
    details->read_truth("development", certificate.is_development);
    if (!certificate.is_development) {
      certificate.certificate = read_file_name(*details, "certificate", directory);
      certificate.key = read_file_name(*details, "key", directory);
    } else if (details->find("certificate") || details->find("key")) {
      details->refuse("development = true makes certificate and key; remove them, or development");
    }
    details->refuse_unknown_keys();
    spec.certificates.push_back(std::move(certificate));
  }
}

}  // namespace

ProxySection read_proxy_section(ConfigTable table, const std::string& directory) {
  ProxySection section;
  auto& spec = section.spec;
  table.read_number("threads", section.threads, {0, kMaxWorkers});
  read_listen(table, spec);
  read_trusted(table, spec);
  if (const auto value = table.find("request_id")) {
    const auto text = value->text(R"("X-Request-Id" or "")");
    auto name = text ? parse_field_name(*text) : fail("");
    if (name) {
      spec.request_id = std::move(*name);
    } else if (text) {
      value->refuse(name.error().message);
    }
  }
  table.read_truth("traceparent", spec.traceparent);
  read_access_log(table, spec, directory);
  read_limits(table, spec.limits);
  read_certificates(table, spec, directory);
  const bool wants_tls = std::ranges::any_of(spec.listen, &ListenSpec::tls);
  if (wants_tls && !table.find("certificate")) {
    table.find("listen")->refuse(
        "tls = true needs a certificate; write [[proxy.certificate]] with certificate and key, or "
        "with development = true");
  }
  table.refuse_unknown_keys();
  return section;
}

}  // namespace livefix::cli
