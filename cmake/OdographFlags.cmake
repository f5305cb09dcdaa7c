# Compiler flags and sanitizers as INTERFACE targets; every target of ours links odograph_flags.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

set(ODOGRAPH_SANITIZE "" CACHE STRING "Sanitizers for everything of ours: address;undefined, or thread")
option(ODOGRAPH_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
option(ODOGRAPH_BENCH "Build the benchmarks" OFF)

find_program(ODOGRAPH_CCACHE ccache)
if(ODOGRAPH_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
                                  ${ODOGRAPH_CCACHE})
endif()

add_library(odograph_flags INTERFACE)
target_include_directories(odograph_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_options(odograph_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                       -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these from inside its own headers once it has inlined std::optional and std::variant.
  target_compile_options(odograph_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
  # GoogleTest's macros are made of if/else; an `if` around one is meant as it reads.
  target_compile_options(odograph_flags INTERFACE -Wno-dangling-else)
  # A designated initializer leaves out on purpose what its type already gives a value.
  target_compile_options(odograph_flags INTERFACE -Wno-missing-field-initializers)
endif()
if(ODOGRAPH_SANITIZE STREQUAL "thread")
  # The thread sanitizer does not know fences. Asio's handlers are ordered by its mutex without them.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
if(ODOGRAPH_SANITIZE)
  list(JOIN ODOGRAPH_SANITIZE "," _sanitizers)
  add_compile_options(-fsanitize=${_sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${_sanitizers})
endif()
if(ODOGRAPH_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  include(CheckIPOSupported)
  check_ipo_supported(RESULT _ipo OUTPUT _ipo_output)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ${_ipo})
endif()
