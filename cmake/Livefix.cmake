# One library a folder of src/: livefix_library(NAME LINKS...) takes every .cc beside the
# CMakeLists.txt, *_test.cc excepted; those become one test program, NAME_test, together with what
# they share, *_harness.cc. Presets that nobody edits with compile several sources as one (UNITY_BUILD).

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

function(livefix_library name)
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cc *_harness.cc)
  if(tests)
    list(REMOVE_ITEM sources ${tests})
  endif()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC livefix_options ${ARGN})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE livefix_options ${ARGN})
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} GTest::gtest_main)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 120)
  endif()
endfunction()
