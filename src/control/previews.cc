#include "control/previews.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <ranges>
#include <utility>

#include "base/duration_text.h"
#include "base/result.h"
#include "base/utf8.h"
#include "control/json_event.h"
#include "control/query_words.h"
#include "http/preview_link.h"
#include "model/preview_pass.h"

namespace livefix::control {
namespace {

constexpr std::chrono::seconds kUsualPreview{3600};
constexpr std::chrono::seconds kLongestPreview{24 * 3600};

const PreviewRelease* candidate_of(const PreviewService& service) {
  const auto found = std::ranges::find(service.releases, true, &PreviewRelease::is_candidate);
  return found == service.releases.end() ? nullptr : &*found;
}

// Of several the one that has a candidate, unless one is named.
Result<const PreviewService*> service_meant(std::string_view name,
                                            std::span<const PreviewService> services) {
  std::vector<std::string_view> known;
  const PreviewService* meant = services.size() == 1 ? &services.front() : nullptr;
  std::size_t with_candidate = 0;
  for (const PreviewService& one : services) {
    known.push_back(one.name);
    if (one.name == name) return &one;
    if (services.size() > 1 && candidate_of(one)) {
      ++with_candidate;
      meant = &one;
    }
  }
  if (!name.empty()) {
    return fail("there is no service {} here; there is {}", name, fmt::join(known, ", "));
  }
  if (!meant || with_candidate > 1) {
    return fail("which service is meant? There is {}; name one of them", fmt::join(known, ", "));
  }
  return meant;
}

Result<std::chrono::seconds> time_meant(std::string_view text) {
  if (text.empty()) return kUsualPreview;
  const auto seconds = number_in<std::uint32_t>(text);
  if (!seconds || *seconds == 0 || std::chrono::seconds{*seconds} > kLongestPreview) {
    return fail("for={} is no number of seconds from 1 to {}", text, kLongestPreview.count());
  }
  return std::chrono::seconds{*seconds};
}

// nullptr: whichever is the candidate, now or later.
Result<const PreviewRelease*> release_meant(std::string_view text, const PreviewService& service) {
  if (text.empty()) return nullptr;
  const auto id = number_in<std::uint32_t>(text);
  for (const PreviewRelease& one : service.releases) {
    if ((id && number(one.generation) == *id) || one.name == text) return &one;
  }
  std::vector<std::string> known;
  for (const PreviewRelease& one : service.releases) {
    known.push_back(fmt::format("{} ({})", number(one.generation), one.name));
  }
  return fail("no generation {} of {} can be shown; {}", text, service.name,
              known.empty() ? "there is none" : fmt::format("there is {}", fmt::join(known, ", ")));
}

}  // namespace

ApiAnswer preview_answer(const ApiRequest& request, std::string_view key,
                         std::span<const PreviewService> services,
                         std::chrono::system_clock::time_point now, std::string& noted) {
  const auto service = service_meant(request.parameter("service"), services);
  if (!service) return api_outcome(404, false, service.error().message);
  const PreviewService& meant = **service;
  if (!meant.has_requests) {
    return api_outcome(
        409, false,
        fmt::format("{} speaks no HTTP: nothing tells a preview from what everybody asks",
                    meant.name));
  }
  const auto time = time_meant(request.parameter("for"));
  if (!time) return api_outcome(400, false, time.error().message);
  const auto release = release_meant(request.parameter("generation"), meant);
  if (!release) return api_outcome(404, false, release.error().message);

  const PreviewRelease* shown = *release ? *release : candidate_of(meant);
  const PreviewPass pass{*release ? (*release)->name : "",
                         std::chrono::floor<std::chrono::seconds>(now) + *time};
  const std::string text = sign_preview(key, meant.name, pass);
  boost::json::array links;
  for (const std::string& url : meant.urls) {
    links.emplace_back(fmt::format(
        "{}{}?{}={}", url, url.find('/', url.find("//") + 2) == std::string::npos ? "/" : "",
        http::kPreviewCookie, text));
  }
  boost::json::array urls;
  for (const std::string& url : meant.urls) urls.emplace_back(url);
  noted = fmt::format("{} {} for {}", meant.name, *release ? (*release)->name : "candidate",
                      duration_text(*time));
  return {200, boost::json::serialize(
                   boost::json::object{{"ok", true},
                                       {"service", valid_utf8(meant.name)},
                                       {"candidate", pass.release.empty()},
                                       {"release", shown ? valid_utf8(shown->name) : ""},
                                       {"generation", shown ? number(shown->generation) : 0},
                                       {"until", timestamp(pass.until)},
                                       {"field", fmt::format("{}: {}", http::kPreviewField, text)},
                                       {"urls", std::move(urls)},
                                       {"links", std::move(links)}})};
}

std::vector<ControlApi::Route> preview_routes(PreviewWorld world) {
  const auto held = std::make_shared<const PreviewWorld>(std::move(world));
  return {{ControlApi::Method::post,
           "/v1/preview",
           {"service", "generation", "for", "who"},
           [held](const ApiRequest& request, const ApiReply& reply) {
             if (held->key.empty()) return reply.answer(api_outcome(409, false, kRunsNoCommits));
             std::string noted;
             auto answer = preview_answer(request, held->key, held->services(),
                                          std::chrono::system_clock::now(), noted);
             if (!noted.empty()) held->note(noted, request.who());
             reply.answer(std::move(answer));
           }}};
}

}  // namespace livefix::control
