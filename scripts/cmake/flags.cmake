# How every source file of ferry is compiled: language, warnings, hardening, sanitizers, mutants.
add_library(ferry_flags INTERFACE)
target_include_directories(ferry_flags INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(ferry_flags INTERFACE
  _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE FERRY_VERSION="${PROJECT_VERSION}")
target_compile_options(ferry_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wcast-qual -Wcast-align -Wwrite-strings -Wundef -Wvla -Wformat=2
  -Wnull-dereference -Wdouble-promotion -Wredundant-decls -Wdate-time
  -fvisibility=hidden -fstack-protector-strong -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(ferry_flags INTERFACE
    -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wjump-misses-init)
endif()
if(FERRY_WERROR)
  target_compile_options(ferry_flags INTERFACE -Werror)
endif()
if(FERRY_SANITIZE)
  target_compile_options(ferry_flags INTERFACE
    -fsanitize=${FERRY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ferry_flags INTERFACE -fsanitize=${FERRY_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(ferry_flags INTERFACE -D_FORTIFY_SOURCE=2 -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
    target_compile_options(ferry_flags INTERFACE -fcf-protection)
  endif()
  target_link_options(ferry_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
if(FERRY_MUTANT)
  string(TOUPPER "FERRY_MUTANT_${FERRY_MUTANT}" mutant)
  target_compile_definitions(ferry_flags INTERFACE ${mutant}=1)
endif()
