# `cmake --install`: headers, archive, CMake package, pkg-config file.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/portolan")
install(TARGETS portolan EXPORT portolanTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
if(TARGET portolan_observe)
  install(TARGETS portolan_observe EXPORT portolanTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endif()
if(TARGET portolan_history)
  install(TARGETS portolan_history EXPORT portolanTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endif()
if(TARGET portolan_prove)
  install(TARGETS portolan_prove EXPORT portolanTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endif()
install(EXPORT portolanTargets NAMESPACE portolan:: DESTINATION "${package_dir}")

set(PORTOLAN_COMPONENTS core)
if(TARGET portolan_observe)
  list(APPEND PORTOLAN_COMPONENTS observe)
endif()
if(TARGET portolan_history)
  list(APPEND PORTOLAN_COMPONENTS history)
endif()
if(TARGET portolan_prove)
  list(APPEND PORTOLAN_COMPONENTS prove)
endif()
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/portolanConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/portolanConfig.cmake" INSTALL_DESTINATION "${package_dir}")
# Before 1.0 a minor release may change an interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/portolanConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/portolanConfig.cmake" "${PROJECT_BINARY_DIR}/portolanConfigVersion.cmake"
  DESTINATION "${package_dir}")

# The pkg-config file finds its prefix from where it lies, so that an installed tree can be moved.
file(RELATIVE_PATH PORTOLAN_PC_PREFIX
  "/root/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/root")
string(REGEX REPLACE "/$" "" PORTOLAN_PC_PREFIX "${PORTOLAN_PC_PREFIX}")
set(PORTOLAN_PC_LIBS "-pthread")
if(PORTOLAN_SOURCES)
  set(PORTOLAN_PC_LIBS "-L\${libdir} -lportolan -pthread")
endif()
configure_file("${PROJECT_SOURCE_DIR}/portolan.pc.in" "${PROJECT_BINARY_DIR}/portolan.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/portolan.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(TARGET portolan_observe)
  configure_file("${PROJECT_SOURCE_DIR}/portolan-observe.pc.in" "${PROJECT_BINARY_DIR}/portolan-observe.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/portolan-observe.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
