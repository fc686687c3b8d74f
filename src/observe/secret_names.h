// Names whose values nobody may see: of header fields, cookies, parameters of a query or a form,
// and of JSON. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace livefix::observe {

class SecretNames {
 public:
  // Beside those that are always secret: names of which case, - and _ do not count.
  explicit SecretNames(const std::vector<std::string>& more = {});

  // "Authorization", "X-Api-Key", "userPassword", "user[password]", "session_id" ...
  bool has(std::string_view name) const;

 private:
  std::vector<std::string> more_;
};

}  // namespace livefix::observe
