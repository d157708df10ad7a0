# What `cmake --install` puts where. The tree works under any prefix, also one given at install time: the programs and the
# library find each other by relative paths, and files that need an absolute path are made when they are installed.
include(CMakePackageConfigHelpers)

install(TARGETS longhaul EXPORT longhaul-targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_SKIP)
install(TARGETS longhaul LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_ONLY)
install(TARGETS longhaul-cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS longhauld RUNTIME DESTINATION ${LONGHAUL_LIBEXEC_DIR})
install(DIRECTORY include/longhaul DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

# find_package(longhaul) and pkg-config.
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/longhaul")
install(EXPORT longhaul-targets NAMESPACE longhaul:: FILE longhaulTargets.cmake DESTINATION ${package_dir})
configure_package_config_file(packaging/cmake/longhaulConfig.cmake.in packaging/longhaulConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/packaging/longhaulConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/packaging/longhaulConfig.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/packaging/longhaulConfigVersion.cmake" DESTINATION ${package_dir})
set(pc_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH LONGHAUL_PC_TO_PREFIX "/prefix/${pc_dir}" "/prefix")
string(REGEX REPLACE "/$" "" LONGHAUL_PC_TO_PREFIX "${LONGHAUL_PC_TO_PREFIX}")
configure_file(packaging/pkg-config/longhaul.pc.in packaging/longhaul.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/packaging/longhaul.pc" DESTINATION ${pc_dir})

# The unit and the D-Bus service file name the daemon by its absolute path.
function(longhaul_install_with_daemon_path template folder)
  cmake_path(GET template FILENAME name)
  string(REGEX REPLACE "\\.in$" "" name "${name}")
  install(CODE "
    set(LONGHAUL_DAEMON \"\${CMAKE_INSTALL_PREFIX}/${LONGHAUL_LIBEXEC_DIR}/longhauld\")
    configure_file(\"${CMAKE_CURRENT_SOURCE_DIR}/${template}\" \"${CMAKE_CURRENT_BINARY_DIR}/packaging/${name}\" @ONLY)
    file(INSTALL \"${CMAKE_CURRENT_BINARY_DIR}/packaging/${name}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${folder}\")")
endfunction()
longhaul_install_with_daemon_path(packaging/systemd/longhauld.service.in "lib/systemd/user")
longhaul_install_with_daemon_path(packaging/dbus/org.longhaul.Transfers1.service.in "${CMAKE_INSTALL_DATADIR}/dbus-1/services")

file(GLOB man_pages CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/docs/man/*.1")
install(FILES ${man_pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/packaging/completions/longhaul")
  install(FILES packaging/completions/longhaul DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
endif()
