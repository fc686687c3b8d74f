// Who is told of what happens: a webhook or a command, and of which events. Of the whole run. Plain
// values, safe to copy. A secret is never in here, only where it is to be found.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace livefix {

inline constexpr std::size_t kMaxReceivers = 16;

enum class NotifyEvent : std::uint8_t { promoted, taken_back, refused, rollback, drift, symptom };

inline constexpr std::array<std::pair<std::string_view, NotifyEvent>, 6> kNotifyEvents{{
    {"promoted", NotifyEvent::promoted},
    {"taken_back", NotifyEvent::taken_back},
    {"refused", NotifyEvent::refused},
    {"rollback", NotifyEvent::rollback},
    {"drift", NotifyEvent::drift},
    {"symptom", NotifyEvent::symptom},
}};

struct WebAddress {
  bool is_tls = false;
  std::string host;  // as a resolver takes it: no brackets around IPv6
  std::uint16_t port = 0;
  std::string target;  // "/hooks/7f3c"; may be a secret by itself, so that it is never shown

  // "https://hooks.example.com": what may be shown.
  std::string origin() const;
  // "hooks.example.com:8443", as the Host field has it; the usual port is left out.
  std::string authority() const;
};

struct NotifySpec {
  WebAddress url;                   // where `command` is empty
  std::string command;              // for sh -c
  std::vector<NotifyEvent> events;  // each once
  std::string secret_file{};        // absolute; signs what goes to the URL
  std::string secret_env{};         // or this variable does; both empty: nothing is signed

  // What it is called in lines and answers: "https://hooks.example.com", "the command notify.sh".
  std::string shown() const;
  // The same for the same receiver, also in another process; says nothing of what it is.
  std::string key() const;
};

}  // namespace livefix
