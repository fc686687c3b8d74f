# One library a folder of src/: livefix_library(NAME LINKS...) takes every .cc beside the
# CMakeLists.txt, *_test.cc excepted; those become one test program, NAME_test, together with what
# they share, *_harness.cc. Several tests are compiled as one (UNITY_BUILD), and several sources in
# presets that nobody edits with.

add_library(livefix_options INTERFACE)
target_compile_options(livefix_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Werror)
target_compile_definitions(livefix_options INTERFACE
  LIVEFIX_VERSION="${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
target_include_directories(livefix_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(livefix_options INTERFACE fmt::fmt Threads::Threads)
if(LIVEFIX_SANITIZE)
  target_compile_options(livefix_options INTERFACE
    -fsanitize=${LIVEFIX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(livefix_options INTERFACE -fsanitize=${LIVEFIX_SANITIZE})
  target_compile_definitions(livefix_options INTERFACE LIVEFIX_SANITIZED)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # GCC wants the captures that it complains about (field_codec.h), and its library is no better.
  target_compile_options(livefix_options INTERFACE
    -Wno-unused-lambda-capture -Wno-deprecated-declarations
    -Wno-sign-conversion)  # with GCC no part of -Wconversion
endif()

# Most of a test's time is its compilation, and a test that is not optimised is compiled in half.
add_library(livefix_test_options INTERFACE)
target_compile_options(livefix_test_options INTERFACE -O0)
target_link_libraries(livefix_test_options INTERFACE livefix_options GTest::gtest_main)

# Sanitized, these take longer to be optimised than that wins: no request passes them.
set(LIVEFIX_UNHURRIED livefix_keeper livefix_releases livefix_watch livefix_control livefix_cli)

# Compiled once, these headers begin every source of the targets that say REUSE_FROM.
function(livefix_precompiled header options)
  file(CONFIGURE OUTPUT ${header}.cc CONTENT "")
  add_library(livefix_${header} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${header}.cc)
  target_link_libraries(livefix_${header} PRIVATE ${options})
  target_precompile_headers(livefix_${header} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/${header}.h)
endfunction()
livefix_precompiled(common_headers livefix_options)
livefix_precompiled(test_headers livefix_test_options)

function(livefix_library name)
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cc *_harness.cc)
  if(tests)
    list(REMOVE_ITEM sources ${tests})
  endif()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC livefix_options ${ARGN})
    target_precompile_headers(${name} REUSE_FROM livefix_common_headers)
    if(LIVEFIX_SANITIZE AND name IN_LIST LIVEFIX_UNHURRIED)
      target_compile_options(${name} PRIVATE -O0)
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE livefix_options ${ARGN})
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} livefix_test_options)
    target_precompile_headers(${name}_test REUSE_FROM livefix_test_headers)
    set_target_properties(${name}_test PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  endif()
endfunction()
