// For tests: programs that answer as they are told to, on the context of whoever asks them.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/clock.h"

namespace livefix::control::testing {

// Takes connections and answers each after its request's head. Must outlive what runs the context.
class ScriptedProgram {
 public:
  enum class After { close, reset, stay, repeat };  // repeats the answer until it cannot

  ScriptedProgram(boost::asio::io_context& context, std::string answer, After after = After::close)
      : acceptor_(context, {boost::asio::ip::address_v4::loopback(), 0}),
        answer_(std::move(answer)),
        after_(after) {
    accept();
  }

  Address address() const { return Address::ipv4(127, 0, 0, 1, acceptor_.local_endpoint().port()); }
  // The next request has this one instead.
  void answer_once(std::string with) { once_ = std::move(with); }
  const std::vector<std::string>& requests() const { return requests_; }
  int most_at_once() const { return most_; }

 private:
  struct Visit {
    explicit Visit(boost::asio::ip::tcp::socket from) : socket(std::move(from)) {}
    boost::asio::ip::tcp::socket socket;
    std::string request;
    std::string answer;
  };
  using Error = boost::system::error_code;

  // The context may call when this has gone: what it was asked for is done, or ended.
  std::weak_ptr<void> alive() const { return alive_; }
  void accept() {
    acceptor_.async_accept(
        [this, alive = alive()](const Error& error, boost::asio::ip::tcp::socket socket) {
          if (error || alive.expired()) return;
          const auto visit = std::make_shared<Visit>(std::move(socket));
          visits_.push_back(visit);
          most_ = std::max(most_, ++now_);
          boost::asio::async_read_until(visit->socket, boost::asio::dynamic_buffer(visit->request),
                                        "\r\n\r\n",
                                        [this, alive, visit](const Error& failed, std::size_t) {
                                          if (failed || alive.expired()) return;
                                          requests_.push_back(visit->request);
                                          answer(visit);
                                        });
          accept();
        });
  }
  void answer(const std::shared_ptr<Visit>& visit) {
    visit->answer = once_.empty() ? answer_ : std::exchange(once_, {});
    boost::asio::async_write(visit->socket, boost::asio::buffer(visit->answer),
                             [this, alive = alive(), visit](const Error& error, std::size_t) {
                               if (alive.expired()) return;
                               if (!error && after_ == After::repeat) return answer(visit);
                               if (after_ == After::stay) return;
                               Error ignored;
                               if (after_ == After::reset) {
                                 visit->socket.set_option(boost::asio::socket_base::linger(true, 0),
                                                          ignored);
                               }
                               --now_;
                               visit->socket.close(ignored);
                             });
  }

  boost::asio::ip::tcp::acceptor acceptor_;
  const std::string answer_;
  std::string once_;
  const After after_;
  std::vector<std::shared_ptr<Visit>> visits_;
  std::vector<std::string> requests_;
  int now_ = 0;
  int most_ = 0;
  std::shared_ptr<void> alive_ = std::make_shared<int>();
};

}  // namespace livefix::control::testing
