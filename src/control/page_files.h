// The files of the page, as they are built into the program (web/, cmake/Page.cmake).
#pragma once

#include <span>
#include <string_view>

namespace livefix::control {

struct PageFile {
  std::string_view path;  // "/assets/index-B3x.js"; the page itself is "/"
  std::string_view type;  // "text/javascript; charset=utf-8"
  std::string_view plain;
  std::string_view gzipped;
  std::string_view tag;    // an ETag, with its quotes
  bool is_hashed = false;  // its path changes with its content
};

std::span<const PageFile> page_files();

}  // namespace livefix::control
