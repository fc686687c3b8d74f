// Words for people: durations, exits, causes and failures as they appear in livefix's lines and in
// the answers of the control API. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/clock.h"
#include "base/duration_text.h"
#include "base/utf8.h"
#include "control/service_event.h"

namespace livefix::control {

// "30 s", "1 request", "2 requests".
std::string count_text(std::uint64_t count, std::string_view noun);

// "a.js, b.js, c.js and 4 more", of a stranger's paths.
std::string some_of(const std::vector<std::string>& paths);

// "SIGTERM"; "signal 70" where it has no name.
std::string signal_name(int number);

// "exited with 1", "was killed by SIGSEGV"; `wait_status` as waitpid(2) has it.
std::string ended_text(std::int32_t wait_status);

// "http://localhost:3000"; for an address that is neither a wildcard nor loopback, that address.
std::string url_of(const Address& address, std::string_view scheme = "http");
// Where requests that match get to: "http://shop.localhost:3000/api".
std::string url_of(const Address& address, const TrafficMatch& match,
                   std::string_view scheme = "http");
// Of all, each once.
std::vector<std::string> urls_of(const std::vector<Address>& addresses,
                                 const TrafficMatch& match = {}, std::string_view scheme = "http");
// "http"; "tcp" where it is none of our business.
std::string_view scheme_of(const TrafficSpec& traffic);

// "src/cart.js saved", "src/a.js and 3 more saved", "reload", "restart of dev-2".
std::string cause_text(const Attempt& attempt);

struct Narrator {
  const ServiceSpec& service;
  // "node (pid 4711)", who holds a port; empty when that cannot be seen.
  std::function<std::string(std::uint16_t port)> port_holder;

  std::string failure_text(const Attempt& attempt, const Failure& why) const;
  std::string crash_text(const GenerationCrashed& crash) const;
  // `holder_service`: the service of this run that has it; empty: it is none of them.
  std::string port_text(const Address& address, std::int32_t os_error,
                        const std::string& holder_service) const;
};
// "still serving dev-2"; empty where nothing more is to be said.
std::string sequel_text(const Sequel& sequel);

}  // namespace livefix::control
