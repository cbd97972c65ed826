# For scripts/coverage. No optimisation: a line that was merged away cannot be counted.
# prefer-atomic keeps the counters right where a test forks.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g --coverage -fprofile-update=prefer-atomic" CACHE STRING "")
