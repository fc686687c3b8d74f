// The control API: HTTP/1.1 on a unix socket, for the command line and for whoever may act as the
// user (docs/control-api.md). One request a connection, small and in time. Owned by the driver,
// used on its thread; Beast is behind it, in one translation unit.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/fd.h"

namespace boost::asio {
class io_context;
}

namespace livefix::control {

struct ApiRequest {
  std::string path;  // "/v1/reload"
  // "service=shop&service=cart", as it came: names and values are such that nothing is encoded.
  std::vector<std::pair<std::string, std::string>> query;
  std::string body;
  // The name of the token that it came in with; empty: it came by the socket.
  std::string token{};

  // The first of this name; empty: none.
  std::string_view parameter(std::string_view name) const;
  // Of the token, whatever the query says; else of the parameter of that name, fit for JSON and the
  // ledger; "somebody" where there is none.
  std::string who() const;
};

struct ApiAnswer {
  unsigned status = 200;
  std::string body;
  std::string_view type = "application/json";
};

// What is said to a question about commits where there are none.
inline constexpr std::string_view kRunsNoCommits =
    "this livefix runs a directory; livefix serve runs commits that are pushed";

// {"ok":...,"message":"..."}
ApiAnswer api_outcome(unsigned status, bool ok, std::string_view message);

// One request's client, whatever it came by: the socket, or the control port. What it is told when
// it is gone, or has its answer, is for nobody.
class ApiClient {
 public:
  virtual ~ApiClient() = default;
  // As in ApiReply.
  virtual void answer(ApiAnswer what) = 0;
  virtual void line(const std::string& json, std::uint64_t id) = 0;
  virtual void end() = 0;
  virtual void on_gone(std::function<void()> callback) = 0;
};

// Where the answer goes: whole, or as a stream of lines. May be used later and copied, on the
// driver's thread; does nothing when the client is gone or has its answer.
class ApiReply {
 public:
  explicit ApiReply(std::shared_ptr<ApiClient> client) : client_(std::move(client)) {}

  void answer(ApiAnswer what) const { client_->answer(std::move(what)); }
  // The status is 200 with the first line. A client that is too slow to read is cut. `id`: where a
  // client whose connection broke can go on, if it is no 0.
  void line(const std::string& json, std::uint64_t id = 0) const { client_->line(json, id); }
  void end() const { client_->end(); }
  // Called once if the client leaves before it has its whole answer; at once if it has left.
  void on_gone(std::function<void()> callback) const { client_->on_gone(std::move(callback)); }

 private:
  std::shared_ptr<ApiClient> client_;
};

class ControlApi {
 public:
  enum class Method { get, post };
  struct Route {
    Method method = Method::get;
    std::string_view path;
    // Names of the query that it takes; others are refused.
    std::vector<std::string_view> parameters;
    std::function<void(const ApiRequest&, const ApiReply&)> handle;
  };

  // `listener`: a listening unix socket, which the keeper owns too; connections that nobody
  // accepted are there for the next control. `context` must outlive this.
  ControlApi(boost::asio::io_context& context, os::Fd listener, std::vector<Route> routes);
  ~ControlApi();
  ControlApi(const ControlApi&) = delete;
  ControlApi& operator=(const ControlApi&) = delete;

 private:
  struct Client;
  struct Session;
  struct Impl;
  std::shared_ptr<Impl> impl_;  // replies that outlive it hold it weakly
};

}  // namespace livefix::control
