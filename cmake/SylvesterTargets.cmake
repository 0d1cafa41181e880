# The few ways in which this project makes a target.
include(SylvesterEmbed)

# Compiler settings of every target.
add_library(sylvester_options INTERFACE)
target_include_directories(sylvester_options INTERFACE "${PROJECT_SOURCE_DIR}")
# No contraction to fused multiply-add: float results must not depend on the instruction set.
target_compile_options(sylvester_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow
                                                   -ffp-contract=off)
# GCC 12 sees overlapping copies in std::string operator+ where there are none (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(sylvester_options INTERFACE -Wno-restrict)
endif()
if(SYLVESTER_WARNINGS_AS_ERRORS)
  target_compile_options(sylvester_options INTERFACE -Werror)
endif()
if(SYLVESTER_SANITIZE)
  target_compile_options(sylvester_options INTERFACE -fsanitize=address,undefined
                                                     -fno-sanitize-recover=undefined)
  target_link_options(sylvester_options INTERFACE -fsanitize=address,undefined)
endif()

# sylvester_sources(OUT [EXCLUDE regex...]): all .cpp files of the current folder that are not tests.
function(sylvester_sources out)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "EXCLUDE")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  foreach(pattern IN LISTS arg_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${pattern}")
  endforeach()
  set(${out} "${sources}" PARENT_SCOPE)
endfunction()

# sylvester_library(NAME SOURCES files... [LINK targets...]): a static library, or an interface
# library while there are no sources.
function(sylvester_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC sylvester_options ${arg_LINK})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE sylvester_options ${arg_LINK})
  endif()
endfunction()

# sylvester_tests(NAME LINK targets... [FOLDERS folders...] [EXCLUDE regex...]): one GoogleTest
# executable of all *_test.cpp. The name of a test suite decides its labels:
#   Long...           long
#   Verilated...      quick and rtl (compiles generated Verilog: not run under the sanitizers)
#   LongVerilated...  long and rtl
#   anything else     quick
# The labels are set when ctest reads the discovered tests: PROPERTIES of gtest_discover_tests does
# not take lists, so that a second label would be lost.
function(sylvester_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK;EXCLUDE")
  if(NOT BUILD_TESTING)
    return()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp")
  foreach(pattern IN LISTS arg_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${pattern}")
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE SYLVESTER_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

  gtest_discover_tests(${name} TEST_LIST ${name}_discovered DISCOVERY_TIMEOUT 120
                       WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set(labels "${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/label_tests.cmake.in" "${labels}" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${labels}")
endfunction()
