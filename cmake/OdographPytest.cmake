# The distribution's own Python: its packages (python3-pytest, python3-protobuf, ...) belong to this one.
set(ODOGRAPH_PYTHON /usr/bin/python3 CACHE FILEPATH "Python for the tests, with pytest")

# odograph_add_pytest(<file> [LABELS ...] [TIMEOUT <seconds>])
#
# One file of pytest as one test of ctest. It finds our programs through ODOGRAPH_BIN and imports from the root
# (`from tests.support.wait import wait_for`). What cannot be tested on a machine is reported as skipped; in CI it
# fails. They wait more than they work, so they begin first, also where ctest has not measured them yet.
function(odograph_add_pytest file)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS" ${ARGN})
  if(NOT BUILD_TESTING)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  add_test(NAME ${name}
           COMMAND ${ODOGRAPH_PYTHON} -m pytest -q -rs -p no:cacheprovider ${CMAKE_CURRENT_SOURCE_DIR}/${file}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES
    LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77 COST ${ARG_TIMEOUT}
    ENVIRONMENT "ODOGRAPH_BIN=${CMAKE_BINARY_DIR}/bin;PYTHONPATH=${CMAKE_SOURCE_DIR};PYTHONDONTWRITEBYTECODE=1")
endfunction()
