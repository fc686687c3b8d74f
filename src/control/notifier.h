// Tells receivers (webhooks, commands) of what the ledger has recorded: promoted, taken back, drift
// and so on. A notification follows its record; what a control that died had recorded and not
// delivered the next one delivers, with the same id, if it is younger than an hour. Owned by
// RunWorld, used on the driver's thread; nothing waits for it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "control/announcer.h"
#include "control/control_api.h"
#include "control/delivery.h"
#include "control/notify_cursor.h"
#include "control/notify_queue.h"
#include "control/notify_schedule.h"
#include "control/release_office.h"

namespace livefix::control {

class Notifier {
 public:
  static constexpr std::chrono::hours kOldest{1};

  struct Seams {
    std::function<std::unique_ptr<Courier>(const NotifySpec&)> make_courier;
    std::function<WallTime()> now;
    NotifySchedule schedule{};
  };

  // All must outlive this. `mark`: of what control starts (Orphans::mark()).
  Notifier(boost::asio::io_context& context, ReleaseOffice& office, const RunSpec& run,
           const std::string& mark, Announcer announcer);
  Notifier(boost::asio::io_context& context, ReleaseOffice& office, const RunSpec& run,
           Announcer announcer, Seams seams);

  // What is owed to the receivers, and from now on what is recorded.
  void begin();
  // A bounded number of these is told: SymptomRate.
  void notify(const SymptomNotice& symptom);
  // One try of each receiver, beside what waits for it. `then` gets a line for each, and whether
  // all took it; or why there is nobody.
  void test(const std::string& who, std::function<void(bool ok, const std::string& text)> then);

 private:
  struct Receiver {
    const NotifySpec& spec;
    std::string key;
    std::unique_ptr<Courier> courier;
    std::unique_ptr<NotifyQueue> queue;

    bool wants(NotifyEvent event) const;
  };

  Status take_up();
  void on_record(const Recorded& recorded);
  void settled(const std::string& key, std::uint64_t sequence);

  ReleaseOffice& office_;
  const RunSpec& run_;
  const Announcer announcer_;
  const std::function<WallTime()> now_;
  NotifyCursor cursor_;
  bool cursor_trouble_told_ = false;
  SymptomRate symptom_rate_;
  std::minstd_rand random_;
  std::vector<Receiver> receivers_;
};

// `livefix notify test`; the parts are asked for with each request: nullptr, there is none yet.
std::vector<ControlApi::Route> notify_routes(const std::function<Notifier*()>& notifier,
                                             const std::function<std::string()>& trouble);

}  // namespace livefix::control
