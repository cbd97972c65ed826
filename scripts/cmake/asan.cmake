# Address and undefined-behaviour sanitizers. Debug, because the other types optimise more than a
# readable report bears; -O1 keeps the run short.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g" CACHE STRING "")
set(FERRY_SANITIZE "address,undefined" CACHE STRING "")
