// Asks a livefix once a second for what `livefix top` shows, on a thread of its own, so that keys
// are answered while an answer is waited for; commands have one of theirs. What was heard is taken
// by the command's thread. Owned by the command.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/result.h"
#include "cli/api_client.h"
#include "cli/top_reading.h"
#include "os/fd.h"

namespace livefix::cli {

struct TopLost {
  std::string why;
};
struct TopOutcome {
  bool ok = false;
  std::string text;
};
struct TopSymptomText {
  std::string id;
  std::string text;
};
using TopNews = std::variant<TopReading, TopLost, TopOutcome, TopSymptomText>;

class TopFeed {
 public:
  // The error: it cannot be told of news.
  static Result<std::unique_ptr<TopFeed>> open(std::string socket_path);
  // Ends what is being asked.
  ~TopFeed();
  TopFeed(const TopFeed&) = delete;
  TopFeed& operator=(const TopFeed&) = delete;

  // Readable when there are some.
  int fd() const { return wake_.get(); }
  std::vector<TopNews> take();

  // From the next reading on; a change asks at once.
  void look_at(const std::string& symptom, bool routes);
  // A command is given beside the readings; its outcome is news. False: another one is under way.
  [[nodiscard]] bool give(const std::string& command);

 private:
  TopFeed(std::string socket_path, os::Fd wake);
  void run();
  void read();
  Result<std::string> ask_for(const ApiRequest& request);
  Result<ApiAnswer> ask_control(const ApiRequest& request);
  void tell(TopNews news);

  const std::string socket_path_;
  const os::Fd wake_;

  // Shared by the threads.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<TopNews> news_;
  std::string symptom_;
  bool routes_ = false;
  bool is_asked_now_ = false;
  bool is_stopping_ = false;
  bool is_commanding_ = false;
  std::set<int> connections_;  // that are being asked, to be ended

  std::thread command_thread_;
  std::thread thread_;
};

}  // namespace livefix::cli
