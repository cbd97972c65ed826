# What users get; scripts/test, scripts/demo and scripts/bench build it too.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
