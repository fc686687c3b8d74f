#include "cli/rollout_figures.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration_text.h"
#include "base/figures.h"
#include "cli/json_fields.h"

namespace livefix::cli {
namespace {

TrafficFigures traffic_figures(const boost::json::object& object) {
  TrafficFigures figures{std::max<std::int64_t>(0, number_at(object, "requests")),
                         std::max<std::int64_t>(0, number_at(object, "errors"))};
  const std::chrono::microseconds p99{number_at(object, "p99_us")};
  if (p99.count() > 0) figures.p99 = p99;
  return figures;
}

std::string error_share(const TrafficFigures& figures) {
  const auto requests = static_cast<double>(std::max<std::int64_t>(1, figures.requests));
  return percent_text(static_cast<double>(figures.errors) / requests);
}

}  // namespace

std::vector<ServiceFigures> figures_at(const boost::json::object& rollout) {
  std::vector<ServiceFigures> all;
  for (const auto* one : objects_at(rollout, "figures")) {
    ServiceFigures figures{text_at(*one, "service"), number_at(*one, "percent"),
                           traffic_figures(*one)};
    if (const auto* old = object_at(*one, "old")) figures.old = traffic_figures(*old);
    all.push_back(std::move(figures));
  }
  return all;
}

std::string figures_text(const ServiceFigures& figures) {
  const TrafficFigures& candidate = figures.candidate;
  const auto& old = figures.old;
  std::string text =
      fmt::format("{} · {} % · {} request{} · errors {}{}", figures.service, figures.percent,
                  count_text(static_cast<std::uint64_t>(candidate.requests)),
                  candidate.requests == 1 ? "" : "s", error_share(candidate),
                  old ? fmt::format(" (old: {})", error_share(*old)) : "");
  if (candidate.p99) {
    text += fmt::format(" · p99 {}{}", duration_text(*candidate.p99),
                        old && old->p99 ? fmt::format(" (old: {})", duration_text(*old->p99)) : "");
  }
  return text;
}

}  // namespace livefix::cli
