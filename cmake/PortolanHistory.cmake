# The component `history`: histories of concurrent maps, recorded, read, checked and drawn. It reads JSON with
# nlohmann-json; without it, it is left out and says so.
#
#   portolan::history    portolan/prove/history*, portolan/prove/linearize*; links portolan::portolan
#
# Unlike portolan::prove it belongs to the ordinary build: what it records are the cores as they ship.
find_package(nlohmann_json QUIET)
if(NOT nlohmann_json_FOUND)
  message(STATUS "portolan: without the component history (install nlohmann-json3-dev)")
  return()
endif()

file(GLOB_RECURSE PORTOLAN_HISTORY_HEADERS CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/portolan/prove/*.hpp")
file(GLOB_RECURSE PORTOLAN_HISTORY_SOURCES CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/portolan/prove/*.cpp")
list(FILTER PORTOLAN_HISTORY_HEADERS INCLUDE REGEX "/portolan/prove/(history|linearize)")
list(FILTER PORTOLAN_HISTORY_SOURCES INCLUDE REGEX "/portolan/prove/(history|linearize)")

add_library(portolan_history STATIC ${PORTOLAN_HISTORY_SOURCES})
add_library(portolan::history ALIAS portolan_history)
target_sources(portolan_history PUBLIC
  FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${PORTOLAN_HISTORY_HEADERS})
set_target_properties(portolan_history PROPERTIES POSITION_INDEPENDENT_CODE ON EXPORT_NAME history
  VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL})
target_compile_features(portolan_history PUBLIC cxx_std_20)
target_link_libraries(portolan_history PUBLIC portolan::portolan
  PRIVATE $<BUILD_INTERFACE:portolan_settings> $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>)
