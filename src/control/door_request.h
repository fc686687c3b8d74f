// A request for the page on the control port, as it came, and what can be told of it without
// looking anything up. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace livefix::control {

struct DoorRequest {
  std::string method;
  std::string target;  // "/v1/watch?since=17"
  std::string host{};
  std::string authorization{};
  std::string cookie{};
  std::string origin{};
  std::string fetch_site{};       // Sec-Fetch-Site
  std::string forwarded_proto{};  // X-Forwarded-Proto
  std::string content_type{};
  std::string accept{};
  std::string accept_encoding{};
  std::string if_none_match{};
  std::string last_event_id{};
  std::string body{};
  Address client{};

  // Without its query.
  std::string_view path() const;
  bool wants_events() const;  // server-sent ones
};

struct DoorAnswer {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body{};
  std::vector<std::string> fields{};  // further lines of the head
  std::string cache = "no-store";     // Cache-Control
};

// Of all answers that the page gets. Nothing inline, nothing from elsewhere, in no frame.
std::string_view page_security();

// The value of a cookie (RFC 6265 section 5.4); empty: there is none.
std::string_view cookie_named(std::string_view cookies, std::string_view name);

// What a browser says about where a request comes from (Sec-Fetch-Site, or Origin and Host).
enum class Provenance : std::uint8_t { own_page, elsewhere, unknown };
Provenance provenance_of(const DoorRequest& request);

}  // namespace livefix::control
