# Thread sanitizer: ferry has one thread, libcurl's resolver has more; this guards the border.
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g" CACHE STRING "")
set(FERRY_SANITIZE "thread" CACHE STRING "")
