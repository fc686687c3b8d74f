// Who sees a release before others do: a request with a pass goes to the generation of the pass,
// whatever its weight; where that is not there, to the one that everybody has. Its answer says
// which it was. docs/preview.md tells users of it.
#include <fmt/format.h>

#include <chrono>

#include "http/preview_link.h"
#include "proxy/answers.h"
#include "proxy/client_connection.h"
#include "proxy/exchange.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {
namespace {

constexpr std::string_view kPreviewOver =
    "this link to a preview is not good, or not any more; livefix preview gives another one";

constexpr std::size_t kLongestLabel = 64;

}  // namespace

// A clock is looked at only where there is something that looks like a pass.
bool Exchange::find_preview(const http::RequestHead& head) {
  const std::string& key = service_->preview_key();
  if (key.empty()) return true;
  const auto read = [&](std::string_view text) {
    return text.empty()
               ? std::nullopt
               : read_preview(key, service_->name(), text, std::chrono::system_clock::now());
  };
  const auto link = http::preview_link(head.target);
  if (!link) {
    preview_ = read(http::preview_pass(head));
    return true;
  }
  const bool is_opened = method_ == http::Method::get || method_ == http::Method::head;
  const auto pass = is_opened ? read(link->pass) : std::nullopt;
  if (pass) {
    begin_preview(*pass, link->pass, link->place);
  } else {
    reject_request(403, kPreviewOver);
  }
  return false;
}

// For a browser: it has the pass from now on, and comes again without it in its address.
void Exchange::begin_preview(const PreviewPass& pass, std::string_view text,
                             std::string_view place) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string fields = fmt::format(
      "Location: {}\r\nSet-Cookie: {}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}\r\n"
      "Referrer-Policy: no-referrer\r\n",
      place, http::kPreviewCookie, text, (pass.until - now).count(),
      client_->origin().secure ? "; Secure" : "");
  phase_ = Phase::idle;
  forget_kept();
  const bool stays = client_stays_ && request_body_.done() && !worker_.draining;
  client_->answer({.status = 303,
                   .sentence = "the preview begins",
                   .close = !stays,
                   .keep_alive_field = stays && old_client_,
                   .head_only = method_ == http::Method::head,
                   .fields = fields});
}

std::string Exchange::preview_text() const {
  if (!preview_) return {};
  if (!is_shown_) return "over";
  const std::string_view what = generation_->is_candidate()  ? "candidate"
                                : generation_->weight() == 0 ? "warm"
                                                             : "live";
  return fmt::format("{} {}", what, generation_->label().substr(0, kLongestLabel));
}

}  // namespace livefix::proxy
