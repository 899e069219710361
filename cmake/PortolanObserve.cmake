# The component `observe`: what watches maps in a live program. It needs zlib; without it, it is left out and says so.
#
#   portolan::observe    portolan/observe; links portolan::portolan
find_package(ZLIB QUIET)
if(NOT ZLIB_FOUND)
  message(STATUS "portolan: without the component observe (install zlib1g-dev)")
  return()
endif()

file(GLOB_RECURSE PORTOLAN_OBSERVE_HEADERS CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/portolan/observe/*.hpp")
file(GLOB_RECURSE PORTOLAN_OBSERVE_SOURCES CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/portolan/observe/*.cpp")
add_library(portolan_observe STATIC ${PORTOLAN_OBSERVE_SOURCES})
add_library(portolan::observe ALIAS portolan_observe)
target_sources(portolan_observe PUBLIC
  FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${PORTOLAN_OBSERVE_HEADERS})
target_compile_features(portolan_observe PUBLIC cxx_std_20)
target_link_libraries(portolan_observe PUBLIC portolan::portolan
  PRIVATE $<BUILD_INTERFACE:portolan_settings> ZLIB::ZLIB)
set_target_properties(portolan_observe PROPERTIES POSITION_INDEPENDENT_CODE ON EXPORT_NAME observe
  VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL})
