# The few functions that every folder's CMakeLists.txt is made of.
include(GoogleTest)

# What the sanitizers' presets build: the test programs that their runs pick, with what those link. Under the thread
# sanitizer that is only what is THREADED; under every other preset it is all unit tests.
add_custom_target(odograph_tests)
function(odograph_test_program name threaded)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(threaded OR NOT ODOGRAPH_SANITIZE STREQUAL "thread")
    add_dependencies(odograph_tests ${name})
  endif()
endfunction()

# odograph_unit_tests(<program> <folder> <threaded> SOURCES ... LINKS ...): a GoogleTest program whose tests carry the
# label "unit", and "threads" too where it is threaded (what the tsan run picks).
function(odograph_unit_tests program folder threaded)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  set(labels unit)
  if(threaded)
    # One word, because gtest_discover_tests loses all but the first of a list; ctest -L looks for a part of it.
    set(labels unit-threads)
  endif()
  add_executable(${program} ${ARG_SOURCES})
  target_link_libraries(${program} PRIVATE ${ARG_LINKS} odograph_flags GTest::gmock GTest::gtest_main)
  odograph_test_program(${program} "${threaded}")
  set(environment "")
  if(ODOGRAPH_SANITIZE STREQUAL "thread")
    target_sources(${program} PRIVATE $<TARGET_OBJECTS:odograph_tests_c11_threads>)
    set(environment ENVIRONMENT "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/support/tsan.supp")
  endif()
  gtest_discover_tests(${program} TEST_PREFIX "${folder}: " DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS "${labels}" TIMEOUT 300 ${environment})
endfunction()

# odograph_add_library(<folder path> SOURCES ... [PUBLIC links] [PRIVATE links] [TESTS ...] [SERIAL_TESTS ...]
#                      [TEST_LINKS ...] [THREADED])
#
# One target a folder, named after its path: lib/base -> odograph_lib_base. TESTS become <target>_test, which is
# THREADED or not; long tests of a threaded folder that use one thread only are SERIAL_TESTS, a program of their own.
function(odograph_add_library folder)
  cmake_parse_arguments(ARG "THREADED" "" "SOURCES;PUBLIC;PRIVATE;TESTS;SERIAL_TESTS;TEST_LINKS" ${ARGN})
  string(REPLACE "/" "_" name "odograph/${folder}")
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE odograph_flags ${ARG_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_PUBLIC})
  endif()
  if(ARG_TESTS AND BUILD_TESTING)
    odograph_unit_tests(${name}_test ${folder} "${ARG_THREADED}" SOURCES ${ARG_TESTS} LINKS ${name} ${ARG_TEST_LINKS})
  endif()
  if(ARG_SERIAL_TESTS AND BUILD_TESTING)
    odograph_unit_tests(${name}_serial_test ${folder} FALSE SOURCES ${ARG_SERIAL_TESTS}
                        LINKS ${name} ${ARG_TEST_LINKS})
  endif()
endfunction()

# odograph_add_fuzzer(<name> SOURCES ... LINKS ... [CORPUS <folder of seeds>])
#
# A libFuzzer target under the fuzz preset; under every other preset the same entry point runs over the seeds as a
# test, so that a seed that once broke the code stays mended.
function(odograph_add_fuzzer name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;LINKS" ${ARGN})
  if(ODOGRAPH_FUZZ)
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE odograph_flags ${ARG_LINKS} -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    # For `./dev fuzz`: where this target's seeds are.
    if(ARG_CORPUS)
      file(WRITE ${CMAKE_BINARY_DIR}/fuzz/${name}.seeds ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS})
    endif()
  elseif(BUILD_TESTING AND ARG_CORPUS)
    add_executable(${name} ${ARG_SOURCES} ${CMAKE_SOURCE_DIR}/tests/fuzz/run_over_seeds.cpp)
    target_link_libraries(${name} PRIVATE odograph_flags ${ARG_LINKS})
    odograph_test_program(${name} FALSE)
    add_test(NAME "fuzz seeds: ${name}" COMMAND ${name} ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS})
    set_tests_properties("fuzz seeds: ${name}" PROPERTIES LABELS unit TIMEOUT 120)
  endif()
endfunction()

# odograph_add_bench(<name> SOURCES ... LINKS ...)
#
# A benchmark, in bench/ beside the programs' bin/; made where ODOGRAPH_BENCH is on.
function(odograph_add_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  if(ODOGRAPH_BENCH)
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE odograph_flags ${ARG_LINKS})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  endif()
endfunction()

# odograph_add_driver(<name> SOURCES ... [PRIVATE ...] [TESTS ...])
#
# A driver folder; it exports `odograph::<name>::driver_info()`, which the generated driver table collects.
function(odograph_add_driver name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PRIVATE;TESTS" ${ARGN})
  odograph_add_library(drivers/${name} SOURCES ${ARG_SOURCES} PUBLIC odograph_drivers_api PRIVATE ${ARG_PRIVATE}
                       TESTS ${ARG_TESTS})
  set_property(GLOBAL APPEND PROPERTY ODOGRAPH_DRIVERS ${name})
endfunction()
