#include "cli/notify_section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

#include "cli/config_paths.h"
#include "cli/config_reader.h"
#include "cli/nearest_name.h"

namespace livefix::cli {
namespace {

constexpr std::string_view kUrlForm = "write \"https://hooks.example.com/livefix\"";
constexpr std::size_t kLongestUrl = 2048;
constexpr std::size_t kLongestNotifyCommand = 4096;

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

// "host:4850", "[::1]:4850", "host".
bool read_web_authority(std::string_view text, WebAddress& into) {
  const bool is_bracketed = text.starts_with('[');
  const auto bracket = is_bracketed ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const auto colon = text.find(':', bracket);
  into.host = is_bracketed ? text.substr(1, bracket - 1) : text.substr(0, colon);
  const auto end = is_bracketed ? bracket + 1 : into.host.size();
  into.port = into.is_tls ? 443 : 80;
  if (into.host.empty()) return false;
  if (colon == std::string_view::npos) return end == text.size();
  const auto digits = text.substr(colon + 1);
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), into.port);
  return end == colon && error == std::errc{} && stop == digits.data() + digits.size() &&
         into.port != 0;
}

std::vector<NotifyEvent> all_events() {
  std::vector<NotifyEvent> all;
  for (const auto& [name, event] : kNotifyEvents) all.push_back(event);
  return all;
}

void read_events(ConfigTable& table, std::vector<NotifyEvent>& into) {
  constexpr auto kHint = R"(["promoted", "taken_back"])";
  const auto value = table.find("events");
  if (!value) return;
  std::vector<std::string> names;
  for (const auto& known : kNotifyEvents) names.emplace_back(known.first);
  into.clear();
  const auto elements = value->elements(kHint);
  if (value->is_array() && elements.empty()) {
    return value->refuse("it is empty; leave it out for all of them, or the whole [[notify]]");
  }
  for (const auto& element : elements) {
    const auto text = element.text(kHint);
    if (!text) continue;
    const auto known = std::ranges::find(names, *text);
    if (known == names.end()) {
      const auto nearest = nearest_name(*text, names);
      element.refuse(fmt::format("there is no event {}; {}", in_quotes(*text),
                                 nearest
                                     ? fmt::format("did you mean \"{}\"?", *nearest)
                                     : fmt::format("write some of {}", fmt::join(names, ", "))));
      continue;
    }
    const NotifyEvent event =
        kNotifyEvents.at(static_cast<std::size_t>(known - names.begin())).second;
    if (std::ranges::find(into, event) == into.end()) into.push_back(event);
  }
}

void read_secret(ConfigTable& table, const std::string& directory, NotifySpec& spec) {
  const auto file = table.find("secret_file");
  const auto variable = table.find("secret_env");
  const auto path = file ? file->text(R"("hook.secret", a file with the secret)") : std::nullopt;
  const auto name = variable ? variable->text(R"("SHOP_HOOK_SECRET")") : std::nullopt;
  if (file && variable) {
    return variable->refuse("there is a secret_file as well; leave one of them out");
  }
  if (path) {
    auto found = existing_file(directory, *path);
    if (!found) return file->refuse(found.error().message);
    spec.secret_file = std::move(*found);
  }
  if (name) {
    auto found = variable_with_secret(*name);
    if (!found) return variable->refuse(found.error().message);
    spec.secret_env = std::move(*found);
  }
  if (!spec.command.empty() && (file || variable)) {
    (file ? file : variable)->refuse("it signs what goes to a url; a command gets no signature");
  }
}

NotifySpec read_receiver(ConfigTable table, const std::string& directory) {
  NotifySpec spec;
  spec.events = all_events();
  const auto url = table.find("url");
  const auto command = table.find("command");
  if (url && command) {
    command->refuse("there is a url as well; write a [[notify]] of its own for it");
  } else if (!url && !command) {
    table.refuse(
        "it has neither url nor command; write url = \"https://hooks.example.com/livefix\"");
  }
  if (const auto text = url ? url->text(R"("https://hooks.example.com/livefix")") : std::nullopt) {
    auto address = parse_web_address(*text);
    if (address) {
      spec.url = std::move(*address);
    } else {
      url->refuse(address.error().message);
    }
  }
  if (const auto text =
          command ? command->text(R"("./notify.sh", which sh -c runs)") : std::nullopt) {
    const bool is_blank = text->find_first_not_of(" \t\r\n") == std::string::npos;
    if (is_blank || text->find('\0') != std::string::npos) {
      command->refuse("it is empty; write \"./notify.sh\", which sh -c runs");
    } else if (text->size() > kLongestNotifyCommand) {
      command->refuse(
          fmt::format("it has more than {} bytes; write it into a file, and here "
                      "\"./notify.sh\"",
                      kLongestNotifyCommand));
    } else {
      spec.command = *text;
    }
  }
  read_events(table, spec.events);
  read_secret(table, directory, spec);
  table.refuse_unknown_keys();
  return spec;
}

}  // namespace

Result<std::string> variable_with_secret(const std::string& name) {
  const bool is_name = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
  // What is no name may be the secret itself.
  if (!is_name) {
    return fail(
        "it is no name of an environment variable; write \"SHOP_HOOK_SECRET\", and the "
        "secret into that variable");
  }
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread yet
  if (!value || *value == '\0') {
    return fail("the environment of livefix has no {}, or it is empty; set it to the secret", name);
  }
  return name;
}

Result<WebAddress> parse_web_address(std::string_view text) {
  WebAddress address;
  address.is_tls = text.starts_with("https://");
  if (!address.is_tls && !text.starts_with("http://")) {
    return fail("it does not begin with https:// or http://; {}", kUrlForm);
  }
  if (text.size() > kLongestUrl || !is_visible(text)) {
    return fail("it has spaces or other characters that no URL has, or more than {} of them; {}",
                kLongestUrl, kUrlForm);
  }
  text.remove_prefix(text.find("//") + 2);
  text = text.substr(0, text.find('#'));
  const auto end = std::min(text.find_first_of("/?"), text.size());
  const auto authority = text.substr(0, end);
  if (authority.find('@') != std::string_view::npos) {
    return fail(
        "it has a user name or password; leave them out, and let the receiver verify the "
        "signature (secret_file)");
  }
  if (!read_web_authority(authority, address)) {
    return fail("its host or port is none; {}", kUrlForm);
  }
  const auto target = text.substr(end);
  address.target = fmt::format("{}{}", target.starts_with('/') ? "" : "/", target);
  return address;
}

std::vector<NotifySpec> read_receivers(const ConfigValue& notify, const std::string& directory) {
  std::vector<NotifySpec> receivers;
  for (const auto& element : notify.elements("[[notify]]")) {
    auto table = element.table("[[notify]]");
    if (!table) continue;
    NotifySpec receiver = read_receiver(std::move(*table), directory);
    const bool is_known = std::ranges::any_of(
        receivers, [&](const NotifySpec& other) { return other.key() == receiver.key(); });
    const bool is_whole = !receiver.command.empty() || !receiver.url.host.empty();
    if (is_known && is_whole) {
      element.refuse("there is another [[notify]] for the same; write one with all the events");
    }
    receivers.push_back(std::move(receiver));
  }
  if (receivers.size() > kMaxReceivers) {
    notify.refuse(
        fmt::format("there are {}, and at most {} are taken", receivers.size(), kMaxReceivers));
  }
  return receivers;
}

}  // namespace livefix::cli
