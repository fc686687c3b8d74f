#include "control/push_request.h"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "control/phrases.h"
#include "model/push_words.h"

namespace livefix::control {
namespace {

namespace json = boost::json;
using releases::ObjectId;

constexpr std::size_t kMaxUpdates = 1'000;
constexpr std::size_t kMaxText = 4'096;
constexpr std::size_t kMaxOptions = 1'000;
constexpr std::string_view kOptionPrefix = "livefix.";

// A text without what would be somebody else's line or end.
const json::string* text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value ? value->if_string() : nullptr;
  const bool fits = text && text->size() <= kMaxText &&
                    std::ranges::none_of(*text, [](char c) { return c == '\0' || c == '\n'; });
  return fits ? text : nullptr;
}

// What the objects of a push are found by. Nothing where Git has no quarantine.
Result<std::optional<releases::Quarantine>> parse_quarantine(const json::object& push) {
  releases::Quarantine quarantine;
  const std::array<std::pair<const char*, std::string*>, 3> parts{
      {{"GIT_OBJECT_DIRECTORY", &quarantine.object_directory},
       {"GIT_ALTERNATE_OBJECT_DIRECTORIES", &quarantine.alternate_directories},
       {"GIT_QUARANTINE_PATH", &quarantine.quarantine_path}}};
  if (!push.contains("GIT_QUARANTINE_PATH")) return std::optional<releases::Quarantine>();
  for (const auto& [name, into] : parts) {
    const json::string* found = text_of(push, name);
    if (!found || !found->starts_with('/')) return fail("{} of a push is an absolute path", name);
    *into = *found;
  }
  return quarantine;
}

Result<RefUpdate> parse_update(const json::value& value) {
  const json::object* object = value.if_object();
  const json::string* before = object ? text_of(*object, "before") : nullptr;
  const json::string* after = object ? text_of(*object, "after") : nullptr;
  const json::string* ref = object ? text_of(*object, "ref") : nullptr;
  const auto from = before ? ObjectId::parse(*before) : std::nullopt;
  const auto to = after ? ObjectId::parse(*after) : std::nullopt;
  if (!from || !to || !ref || !ref->starts_with("refs/")) {
    return fail("an update of a push is {{\"before\":ID,\"after\":ID,\"ref\":\"refs/...\"}}");
  }
  return RefUpdate{*from, *to, std::string(*ref)};
}

// Of what was pushed with -o; what is not ours is for other hooks.
Result<Artifacts> parse_options(const json::object& push) {
  const json::value* options = push.if_contains("options");
  if (!options) return Artifacts();
  const json::array* list = options->if_array();
  if (!list || list->size() > kMaxOptions) {
    return fail("the options of a push are a list of at most {} texts", kMaxOptions);
  }
  std::vector<Artifact> artifacts;
  for (const json::value& one : *list) {
    if (!one.is_string()) return fail("an option of a push is a text");
    const std::string_view option = one.get_string();
    if (!option.starts_with(kOptionPrefix) || option == kVerdictOption) continue;
    if (!option.starts_with(kArtifactOption)) {
      return fail("there is no push option {}; there is {}PATH:SHA256", valid_utf8(option),
                  kArtifactOption);
    }
    auto artifact = parse_artifact(option.substr(kArtifactOption.size()));
    if (!artifact) return std::unexpected(artifact.error());
    artifacts.push_back(std::move(*artifact));
  }
  return collect_artifacts(std::move(artifacts));
}

}  // namespace

Result<PushRequest> parse_push(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (!object) return fail("a push is a JSON object");
  PushRequest push;
  const json::value* updates = object->if_contains("updates");
  const json::array* list = updates ? updates->if_array() : nullptr;
  if (!list || list->empty() || list->size() > kMaxUpdates) {
    return fail("a push has 1 to {} updates", kMaxUpdates);
  }
  for (const json::value& one : *list) {
    auto update = parse_update(one);
    if (!update) return std::unexpected(update.error());
    push.updates.push_back(std::move(*update));
  }
  auto quarantine = parse_quarantine(*object);
  if (!quarantine) return std::unexpected(quarantine.error());
  push.quarantine = std::move(*quarantine);
  auto artifacts = parse_options(*object);
  if (!artifacts) return std::unexpected(artifacts.error());
  push.artifacts = std::move(*artifacts);
  if (const json::string* pusher = text_of(*object, "pusher")) {
    push.pusher = valid_utf8(std::string_view(*pusher));
  }
  return push;
}

PushMeaning meaning_of(const PushRequest& push, std::string_view live_branch) {
  const std::string live = fmt::format("refs/heads/{}", live_branch);
  for (const RefUpdate& update : push.updates) {
    if (update.ref.starts_with("refs/livefix/")) {
      return Refuses{fmt::format("{} is livefix's own; push to a branch or a tag", update.ref)};
    }
    if (update.ref == live && update.deletes()) {
      return Refuses{fmt::format(
          "{} says what runs here and cannot be deleted; push another commit to it, or stop the "
          "service with livefix stop",
          live_branch)};
    }
  }
  const auto repeats = std::ranges::find_if(push.updates, [](const RefUpdate& update) {
    return update.ref.starts_with(kRepeatPrefix) && !update.deletes();
  });
  if (repeats != push.updates.end()) {
    if (push.updates.size() > 1) {
      return Refuses{fmt::format("{} is pushed alone: it asks for {} to be rolled out once more",
                                 repeats->ref, live_branch)};
    }
    return RollsOut{{repeats->after, repeats->after, live}};
  }
  const auto found = std::ranges::find(push.updates, live, &RefUpdate::ref);
  if (found == push.updates.end()) return Stores{};
  return RollsOut{*found};
}

}  // namespace livefix::control
