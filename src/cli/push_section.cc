#include "cli/push_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/branch_name.h"
#include "cli/config_paths.h"
#include "cli/config_reader.h"

namespace livefix::cli {
namespace {

constexpr NumberRange kReleases{1, 1000};

// A text that `parse` makes something of; nothing when it is not there or wrong.
template <class Parse>
auto read_parsed(ConfigTable& table, std::string_view key, std::string_view hint, Parse parse)
    -> std::optional<typename decltype(parse(std::string()))::value_type> {
  const auto value = table.find(key);
  const auto text = value ? value->text(hint) : std::nullopt;
  if (!text) return std::nullopt;
  auto parsed = parse(*text);
  if (parsed) return std::move(*parsed);
  value->refuse(parsed.error().message);
  return std::nullopt;
}

bool overlap(const Address& one, const Address& other) {
  return one.port == other.port && (one == other || one.is_any() || other.is_any());
}

Result<Address> parse_door(const std::string& text, std::span<const ListenSpec> doors) {
  const auto address = Address::parse(text);
  if (!address) {
    return fail("{} is no address with a port; write \"127.0.0.1:4850\"", in_quotes(text));
  }
  if (address->port == 0) {
    return fail("{} has port 0; write a number from 1 to 65535", in_quotes(text));
  }
  const auto same = std::ranges::find_if(
      doors, [&](const ListenSpec& door) { return overlap(door.address, *address); });
  if (same != doors.end()) {
    return fail("{} is \"{}\" of proxy.listen as well; write another port", in_quotes(text),
                same->address.to_string());
  }
  return *address;
}

}  // namespace

CommitSpec read_push_section(ConfigTable table, const std::string& directory,
                             std::span<const ListenSpec> doors) {
  CommitSpec spec;
  if (auto branch = read_parsed(table, "branch", R"("main")", parse_branch)) {
    spec.branch = std::move(*branch);
  }
  if (auto file =
          read_parsed(table, "require_signed", R"("allowed_signers", a file of ssh-keygen)",
                      [&](const std::string& text) { return existing_file(directory, text); })) {
    spec.allowed_signers = std::move(*file);
  }
  table.read_number("keep_releases", spec.kept_releases, kReleases);
  spec.listen = read_parsed(table, "listen", R"("127.0.0.1:4850")",
                            [&](const std::string& text) { return parse_door(text, doors); });
  table.refuse_unknown_keys();
  return spec;
}

}  // namespace livefix::cli
