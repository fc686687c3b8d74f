// The part of the control API that lets people see a release before others do: it hands out passes,
// which the proxy believes (model/preview_pass.h, docs/preview.md). Whoever may ask control may
// have one; that he has is on record, and the pass is nowhere but in his answer.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "control/control_api.h"

namespace livefix::control {

// A generation that can be shown.
struct PreviewRelease {
  UnitId generation{};
  std::string name;  // of its release: "7f3c2d1"
  bool is_candidate = false;
};

struct PreviewService {
  std::string name;
  bool has_requests = true;         // it is no service of bytes
  std::vector<std::string> urls{};  // "http://localhost:3000"
  std::vector<PreviewRelease> releases{};
};

struct PreviewWorld {
  std::string key;  // empty: releases are no commits, and there is nothing to be shown
  std::function<std::vector<PreviewService>()> services;
  std::function<void(const std::string& what, const std::string& who)> note;
};

// What a question gets. `noted`: what is to go on record; left alone where nothing was handed out.
ApiAnswer preview_answer(const ApiRequest& request, std::string_view key,
                         std::span<const PreviewService> services,
                         std::chrono::system_clock::time_point now, std::string& noted);

// All that is in `world` must outlive the API.
std::vector<ControlApi::Route> preview_routes(PreviewWorld world);

}  // namespace livefix::control
