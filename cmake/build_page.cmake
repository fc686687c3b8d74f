# cmake -DSOURCE=web -DPLACE=build/web -DOUTPUT=page_files.cc -DNODE=... -DNPM=... -P build_page.cmake
# Nothing is written beside the sources: they are copied to PLACE, which has the packages.

file(MAKE_DIRECTORY ${PLACE})
file(LOCK ${PLACE} DIRECTORY TIMEOUT 600)  # several presets may be built at once

# A file that is gone from the sources is not to be built any more.
file(REMOVE_RECURSE ${PLACE}/src ${PLACE}/public ${PLACE}/tools ${PLACE}/dist)
file(COPY ${SOURCE}/ DESTINATION ${PLACE}
  PATTERN node_modules EXCLUDE PATTERN dist EXCLUDE PATTERN test-out EXCLUDE)

function(run what)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${PLACE} RESULT_VARIABLE status
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${what}:\n${output}")
  endif()
endfunction()

file(SHA256 ${SOURCE}/package-lock.json wanted)
set(stamp ${PLACE}/node_modules/.livefix-lock)
set(installed "")
if(EXISTS ${stamp})
  file(READ ${stamp} installed)
endif()
if(NOT installed STREQUAL wanted)
  run("the packages of the page cannot be had (npm ci in ${PLACE}; it needs the network this once)"
    ${NPM} ci --no-audit --no-fund)
  file(WRITE ${stamp} ${wanted})
endif()
run("the page has a mistake (web/)" ${NODE} node_modules/typescript/bin/tsc --noEmit)
run("the page cannot be built (web/)" ${NODE} node_modules/vite/bin/vite.js build --logLevel warn)
get_filename_component(output_directory ${OUTPUT} DIRECTORY)
file(MAKE_DIRECTORY ${output_directory})
run("the page cannot be packed (web/tools/pack.mjs)" ${NODE} tools/pack.mjs dist ${OUTPUT})
