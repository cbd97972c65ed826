# libFuzzer, with the library instrumented too: without fuzzer-no-link the fuzzer finds no inputs
# interesting and stops at once.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
find_program(FERRY_CLANG NAMES clang-14 clang-18 clang REQUIRED)
set(CMAKE_C_COMPILER "${FERRY_CLANG}" CACHE FILEPATH "")
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g" CACHE STRING "")
set(FERRY_SANITIZE "fuzzer-no-link,address,undefined" CACHE STRING "")
set(FERRY_FUZZ ON CACHE BOOL "")
