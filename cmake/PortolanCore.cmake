# The library itself. It is header-only as long as no room has a source file; the first one makes it an archive,
# and nothing that links against portolan::portolan notices.
file(GLOB_RECURSE PORTOLAN_HEADERS CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/portolan/*.hpp")
file(GLOB_RECURSE PORTOLAN_SOURCES CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/portolan/*.cpp")
# Rooms that are components of their own (PortolanObserve.cmake, PortolanHistory.cmake, PortolanProve.cmake).
list(FILTER PORTOLAN_HEADERS EXCLUDE REGEX "/portolan/(observe|prove)/")
list(FILTER PORTOLAN_SOURCES EXCLUDE REGEX "/portolan/(observe|prove)/")

if(PORTOLAN_SOURCES)
  add_library(portolan STATIC ${PORTOLAN_SOURCES})
  target_link_libraries(portolan PRIVATE $<BUILD_INTERFACE:portolan_settings>)
  set_target_properties(portolan PROPERTIES POSITION_INDEPENDENT_CODE ON)
  set(PORTOLAN_SCOPE PUBLIC)
else()
  add_library(portolan INTERFACE)
  set(PORTOLAN_SCOPE INTERFACE)
endif()
add_library(portolan::portolan ALIAS portolan)
add_library(portolan::core ALIAS portolan)

target_sources(portolan ${PORTOLAN_SCOPE}
  FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${PORTOLAN_HEADERS})
target_compile_features(portolan ${PORTOLAN_SCOPE} cxx_std_20)
target_link_libraries(portolan ${PORTOLAN_SCOPE} Threads::Threads)
# `cmake --build … --target all_verify_interface_header_sets` compiles every header alone.
set_target_properties(portolan PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL})
