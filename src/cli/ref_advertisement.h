// What a Git server says that it has (gitprotocol-http(5), info/refs). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace livefix::cli {

// Whether `body` is one of git-receive-pack.
bool is_advertisement(std::string_view body);

// The object that a ref ("refs/heads/main") is at; nullopt: there is no such ref.
std::optional<std::string> advertised(std::string_view body, std::string_view ref);

}  // namespace livefix::cli
