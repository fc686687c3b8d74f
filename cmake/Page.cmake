# The page on the control port (web/): built by Vite, packed into a source, linked into the binary.
# Presets share one build/web, since its packages are the same for all: npm ci runs there when
# package-lock.json is another one than the last time, and needs the network then; nothing else does.

find_program(NODE_PROGRAM node)
find_program(NPM_PROGRAM npm)
if(NOT NODE_PROGRAM OR NOT NPM_PROGRAM)
  message(FATAL_ERROR "the page needs Node.js 18 or newer and npm to be built; tools/bootstrap build installs them")
endif()

file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/web/src/* ${CMAKE_SOURCE_DIR}/web/public/* ${CMAKE_SOURCE_DIR}/web/tools/*)
set(page_source ${CMAKE_BINARY_DIR}/page/page_files.cc)
add_custom_command(
  OUTPUT ${page_source}
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR}/web -DPLACE=${CMAKE_SOURCE_DIR}/build/web
    -DOUTPUT=${page_source} -DNODE=${NODE_PROGRAM} -DNPM=${NPM_PROGRAM}
    -P ${CMAKE_SOURCE_DIR}/cmake/build_page.cmake
  DEPENDS ${page_sources} ${CMAKE_SOURCE_DIR}/web/index.html ${CMAKE_SOURCE_DIR}/web/package.json
    ${CMAKE_SOURCE_DIR}/web/package-lock.json ${CMAKE_SOURCE_DIR}/web/tsconfig.json
    ${CMAKE_SOURCE_DIR}/web/vite.config.mjs ${CMAKE_SOURCE_DIR}/cmake/build_page.cmake
  COMMENT "Building the page"
  VERBATIM)
add_library(livefix_page STATIC ${page_source})
target_include_directories(livefix_page PRIVATE ${CMAKE_SOURCE_DIR}/src)
set_target_properties(livefix_page PROPERTIES UNITY_BUILD OFF)
