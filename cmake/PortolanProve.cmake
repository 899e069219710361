# The component `prove`: the schedule checker, and the library built for it. Every shared access of a program that links
# it is an event of the checker; so it is no library to run a service with.
#
#   portolan::prove    portolan/prove, and the cores built with PORTOLAN_CHECKED
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" OR PORTOLAN_SANITIZE)
  # It switches stacks and thread locals by itself, which sanitizers do not follow.
  return()
endif()

file(GLOB_RECURSE PORTOLAN_PROVE_HEADERS CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/portolan/prove/*.hpp")
file(GLOB_RECURSE PORTOLAN_PROVE_SOURCES CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/portolan/prove/*.cpp")
# A component of its own, of the ordinary build: PortolanHistory.cmake.
list(FILTER PORTOLAN_PROVE_HEADERS EXCLUDE REGEX "/portolan/prove/(history|linearize)")
list(FILTER PORTOLAN_PROVE_SOURCES EXCLUDE REGEX "/portolan/prove/(history|linearize)")
set(PORTOLAN_CHECKED_SOURCES ${PORTOLAN_SOURCES})
# What the checker puts in their place: portolan/prove/schedule/machine.cpp.
list(FILTER PORTOLAN_CHECKED_SOURCES EXCLUDE REGEX "/portolan/base/platform")

# Each plain access of the cores and of a program becomes a call into the checker (schedule/instrumented.cpp). The
# sanitizer's own library is not linked; unlike it the checker follows fences, of which g++ warns.
set(PORTOLAN_INSTRUMENTED -fsanitize=thread $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
add_library(portolan_checked_cores OBJECT ${PORTOLAN_CHECKED_SOURCES})
target_compile_definitions(portolan_checked_cores PRIVATE PORTOLAN_CHECKED)
target_compile_options(portolan_checked_cores PRIVATE ${PORTOLAN_INSTRUMENTED})
target_compile_features(portolan_checked_cores PRIVATE cxx_std_20)
target_include_directories(portolan_checked_cores PRIVATE "${PROJECT_SOURCE_DIR}")
target_link_libraries(portolan_checked_cores PRIVATE portolan_settings)

add_library(portolan_prove STATIC ${PORTOLAN_PROVE_SOURCES} $<TARGET_OBJECTS:portolan_checked_cores>)
add_library(portolan::prove ALIAS portolan_prove)
target_compile_definitions(portolan_prove PUBLIC PORTOLAN_CHECKED)
target_compile_options(portolan_prove INTERFACE ${PORTOLAN_INSTRUMENTED})
target_sources(portolan_prove PUBLIC
  FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${PORTOLAN_PROVE_HEADERS})
set_target_properties(portolan_prove PROPERTIES EXPORT_NAME prove VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL})
target_compile_features(portolan_prove PUBLIC cxx_std_20)
target_link_libraries(portolan_prove PUBLIC Threads::Threads PRIVATE $<BUILD_INTERFACE:portolan_settings>)
