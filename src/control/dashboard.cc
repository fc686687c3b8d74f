#include "control/dashboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "control/api_match.h"
#include "control/door_rights.h"
#include "control/git_request.h"
#include "control/json_event.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

constexpr std::string_view kLogin = "/login";
constexpr std::string_view kLogout = "/logout";
constexpr std::string_view kApi = "/v1/";
constexpr std::string_view kSession = "/v1/session";

DoorAnswer page_answer(ApiAnswer answer) {
  return {
      .status = answer.status, .type = std::string(answer.type), .body = std::move(answer.body)};
}

DoorAnswer page_outcome(unsigned status, std::string_view message) {
  return page_answer(api_outcome(status, status < 300, message));
}

// Without its challenge: a browser would ask for a password by itself.
DoorAnswer refusal_for_page(const GitRefusal& refusal) {
  DoorAnswer answer = page_outcome(refusal.status, refusal.sentence);
  if (refusal.field.starts_with("Retry-After")) answer.fields.push_back(refusal.field);
  return answer;
}

DoorAnswer wrong_method(std::string_view path, std::string_view takes) {
  return page_outcome(405, fmt::format("{} takes {}", path, takes));
}

std::string set_cookie(const DoorRequest& request, std::string_view value,
                       std::chrono::seconds lifetime) {
  return fmt::format("Set-Cookie: {}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}",
                     kSessionCookie, value, lifetime.count(),
                     request.forwarded_proto == "https" ? "; Secure" : "");
}

// {"token":"..."}, or the form of the page; empty: neither. A token has nothing to be decoded.
std::string offered_at_login(const DoorRequest& request) {
  if (request.content_type.starts_with("application/json")) {
    boost::system::error_code error;
    const json::value value = json::parse(request.body, error);
    const json::object* object = error ? nullptr : value.if_object();
    const json::value* token = object ? object->if_contains("token") : nullptr;
    return token && token->is_string() ? std::string(token->get_string()) : std::string();
  }
  constexpr std::string_view kField = "token=";
  return request.body.starts_with(kField) ? request.body.substr(kField.size()) : std::string();
}

std::string session_json(const Token& token) {
  json::array scopes;
  for (const Scope scope : token.scopes) scopes.emplace_back(name_of(scope));
  return json::serialize(json::object{{"token", token.name},
                                      {"scopes", std::move(scopes)},
                                      {"may_act", token.allows(Scope::push)},
                                      {"version", LIVEFIX_VERSION}});
}

bool takes_gzip(const DoorRequest& request) {
  return request.accept_encoding.find("gzip") != std::string::npos;
}

}  // namespace

bool Dashboard::takes(std::string_view target) const {
  const std::string_view path = target.substr(0, target.find('?'));
  return path == kLogin || path == kLogout || path.starts_with(kApi) ||
         std::ranges::find(parts_.files, path, &PageFile::path) != parts_.files.end();
}

std::optional<DoorAnswer> Dashboard::handle(const DoorRequest& request, FailedAttempts& failed,
                                            Times times, const std::shared_ptr<ApiClient>& client,
                                            MayGoOn& may_go_on) const {
  if (request.path() == kLogin) return log_in(request, failed, times);
  if (request.path() == kLogout) return log_out(request);
  if (auto file = file_answer(request)) return file;
  return ask_api(request, failed, times, client, may_go_on);
}

std::optional<DoorAnswer> Dashboard::file_answer(const DoorRequest& request) const {
  const auto file = std::ranges::find(parts_.files, request.path(), &PageFile::path);
  if (file == parts_.files.end()) return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD") {
    return wrong_method(request.path(), "GET");
  }
  DoorAnswer answer{.type = std::string(file->type), .body{}};
  answer.cache = file->is_hashed ? "public, max-age=31536000, immutable" : "no-cache";
  answer.fields.push_back(fmt::format("ETag: {}", file->tag));
  answer.fields.emplace_back("Vary: Accept-Encoding");
  if (request.if_none_match == file->tag) {
    answer.status = 304;
    return answer;
  }
  const bool is_gzipped = takes_gzip(request);
  if (is_gzipped) answer.fields.emplace_back("Content-Encoding: gzip");
  answer.body = is_gzipped ? file->gzipped : file->plain;
  return answer;
}

DoorAnswer Dashboard::log_in(const DoorRequest& request, FailedAttempts& failed,
                             Times times) const {
  if (request.method != "POST") return wrong_method(kLogin, "POST");
  // Else another page could log somebody in with a token of its own.
  if (provenance_of(request) == Provenance::elsewhere) {
    return page_outcome(403, "log in on livefix's own page");
  }
  if (!parts_.key) {
    return page_outcome(
        503, "nobody can log in: the key for sessions cannot be kept; livefix's log says why");
  }
  const std::string secret = offered_at_login(request);
  if (secret.empty()) {
    return page_outcome(400,
                        "a login is {\"token\":\"livefix_...\"}, or token=livefix_... as a form");
  }
  const auto token =
      admit(Scope::read, "Bearer " + secret, request.client, parts_.authorize, failed, times.now);
  if (!token) return refusal_for_page(token.error());
  DoorAnswer answer{.body = session_json(*token)};
  answer.fields.push_back(
      set_cookie(request, parts_.key->issue(*token, times.wall), SessionKey::kLifetime));
  return answer;
}

DoorAnswer Dashboard::log_out(const DoorRequest& request) {
  if (request.method != "POST") return wrong_method(kLogout, "POST");
  if (provenance_of(request) == Provenance::elsewhere) {
    return page_outcome(403, "log out on livefix's own page");
  }
  DoorAnswer answer = page_outcome(200, "logged out");
  answer.fields.push_back(set_cookie(request, "", std::chrono::seconds(0)));
  return answer;
}

// --- who it is -----------------------------------------------------------------------------------

std::expected<Dashboard::Visitor, DoorAnswer> Dashboard::visitor_of(const DoorRequest& request,
                                                                    Scope needed,
                                                                    FailedAttempts& failed,
                                                                    Times times) const {
  const std::string_view cookie = cookie_named(request.cookie, kSessionCookie);
  const auto session = parts_.key && request.authorization.empty()
                           ? parts_.key->read(cookie, times.wall)
                           : std::nullopt;
  const auto token = session ? parts_.named(session->token) : std::nullopt;
  if (!session || !token || !session->is_of(*token)) {
    auto admitted =
        admit(needed, request.authorization, request.client, parts_.authorize, failed, times.now);
    if (!admitted) return std::unexpected(refusal_for_page(admitted.error()));
    return Visitor{std::move(*admitted), std::chrono::sys_seconds::max(), false};
  }
  if (!token->allows(needed)) {
    return std::unexpected(
        page_outcome(403, fmt::format("the token {} is for {} only; this needs one for {}",
                                      token->name, token->scope_names(), name_of(needed))));
  }
  return Visitor{*token, session->ends, true};
}

// --- the control API -----------------------------------------------------------------------------

std::optional<DoorAnswer> Dashboard::ask_api(const DoorRequest& request, FailedAttempts& failed,
                                             Times times, const std::shared_ptr<ApiClient>& client,
                                             MayGoOn& may_go_on) const {
  const bool is_session = request.path() == kSession;
  const auto route = std::ranges::find(parts_.routes, request.path(), &ControlApi::Route::path);
  Scope needed = Scope::read;
  bool is_served = false;
  if (route != parts_.routes.end()) {
    if (const auto scope = scope_at_door(*route)) {
      is_served = true;
      needed = *scope;
    }
  }
  // Strangers learn nothing of what there is.
  const auto visitor = visitor_of(request, needed, failed, times);
  if (!visitor) return visitor.error();
  if (is_session) return DoorAnswer{.body = session_json(visitor->token)};
  if (!is_served) {
    return page_outcome(404,
                        fmt::format("{} is not served on this port; livefix has a command for it, "
                                    "to be run on the server",
                                    request.path()));
  }
  // A cookie comes along with what any page has a browser send.
  if (visitor->has_cookie && request.method == "POST" &&
      provenance_of(request) != Provenance::own_page) {
    return page_outcome(403, "this was not asked by livefix's own page");
  }
  std::string target = request.target;
  // A browser that comes back says so in a field, where the page cannot write it into the query.
  if (route->path == "/v1/watch" && !request.last_event_id.empty()) {
    target = fmt::format("{}?since={}", route->path, request.last_event_id);
  }
  auto match = match_api(parts_.routes, request.method, target, request.body);
  if (!match) return page_answer(std::move(match.error()));
  match->request.token = visitor->token.name;
  may_go_on = [named = parts_.named, token = visitor->token, needed,
               ends = visitor->ends](std::chrono::sys_seconds now) {
    const auto known = named(token.name);
    return now < ends && known && known->digest == token.digest && known->allows(needed);
  };
  match->route->handle(match->request, ApiReply(client));
  return std::nullopt;
}

}  // namespace livefix::control
