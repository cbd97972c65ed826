# What all presets share. Use: cmake -C scripts/cmake/NAME.cmake -S . -B build/NAME -G Ninja
find_program(FERRY_CCACHE ccache)
if(FERRY_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER "${FERRY_CCACHE}" CACHE STRING "compiles the same file once only")
endif()
