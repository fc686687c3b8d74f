// The driver with a keeper that the test plays, with real sockets, pipes and HTTP. Of one service
// unless said.
#pragma once

#include <gtest/gtest.h>
#include <sys/un.h>

#include <boost/json/value.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "control/exit_status.h"
#include "model/link.h"
#include "os/fd.h"
#include "os/link_socket.h"

namespace livefix::control::testing {

using namespace std::chrono_literals;

inline constexpr Milliseconds kPatience{10'000};

bool readable(int fd, Milliseconds timeout = kPatience);

// What the test saves, seen by the driver's thread.
struct Saves {
  Saves();
  void save(std::string path);

  os::Fd event;
  std::mutex mutex;
  std::vector<std::string> paths;
};

// A program as far as control can see one: a listener, and the write ends of its output.
struct FakeProgram {
  os::Fd listener;
  Address address;
  os::Fd output;
  os::Fd errors;

  link::Listening place() const { return {Address::any_ipv4(address.port), address}; }
  void say(std::string_view text) const;
};

class DriverTest : public ::testing::Test {
 protected:
  DriverTest();
  ~DriverTest() override;

  void add_service(const std::string& name, const std::string& title, const std::string& directory);
  void begin(link::Welcome welcome = {}, std::vector<int> outputs = {});
  void end();
  void tell(const link::ToControl& message, const std::vector<int>& fds = {});

  // The next order of this kind; others before it are passed over.
  template <class Order>
  Order expect() {
    for (int i = 0; i < 100; ++i) {
      auto message = next_order();
      if (!message) break;
      if (auto* order = std::get_if<Order>(&*message)) return std::move(*order);
    }
    ADD_FAILURE() << "the order did not come; the screen says:\n" << seen_;
    return {};
  }
  void expect_on_screen(std::string_view text);

  FakeProgram start(UnitId unit, std::uint8_t host);
  static void accept_one(const FakeProgram& program);
  // Through the whole first start.
  FakeProgram serve_first();
  // The unit comes up on an address of its own, and its plan is applied.
  FakeProgram serve(const link::StartUnit& order, std::uint8_t host);
  void applied(const RoutingPlan& plan) { tell(link::PlanApplied{plan.version, plan.service}); }

  std::string ask(const std::string& request);
  static std::string http(const std::string& method, const std::string& target);
  static boost::json::value body_of(const std::string& answer);

  Saves& saves_in(const std::string& directory);

  RunSpec run_;
  std::filesystem::path directory_;
  std::mutex mutex_;
  std::map<std::string, Saves> saves_;  // by directory
  os::Fd screen_, screen_writer_, memory_, api_, rings_, wake_, kept_;
  sockaddr_un api_address_{};
  std::string seen_;
  std::unique_ptr<os::LinkSocket> keeper_;
  std::thread driver_thread_;

 private:
  // Or nothing, after a while.
  std::optional<link::FromControl> next_order();
};

}  // namespace livefix::control::testing
