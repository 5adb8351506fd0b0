# Packages of Debian by CPack: the program with its data, the shared library, and what developers need
# of it. `cpack --config build/package/CPackConfig.cmake` after the preset `package` was built.
set(DEBIAN ${PROJECT_BINARY_DIR}/debian)
set(LIBRARY_PACKAGE libwillrun${PROJECT_VERSION_MAJOR})

# Debian's policy wants a compressed changelog and the licence in each package.
find_program(GZIP gzip)
file(MAKE_DIRECTORY ${DEBIAN})
execute_process(COMMAND ${GZIP} -9nc data/debian/changelog
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_FILE ${DEBIAN}/changelog.gz)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The willrun project <willrun@users.noreply.github.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "tells whether binaries will run in a container image")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/data/debian/compress.cmake)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program library development)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

string(CONCAT WHAT
    "willrun replays, on facts alone, what the Linux kernel and the dynamic\n"
    "loaders of glibc and musl would do with the programs, libraries and\n"
    "scripts of a root filesystem or a container image, and prints the words\n"
    "that they would print. Nothing of it is run.")

# package(COMPONENT NAME SECTION MORE): `MORE` ends its description.
function(package component name section more)
    string(TOUPPER ${component} upper)
    install(FILES ${DEBIAN}/changelog.gz data/debian/copyright
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component})
    if(EXISTS ${PROJECT_SOURCE_DIR}/data/debian/${component}.lintian-overrides)
        install(FILES data/debian/${component}.lintian-overrides RENAME ${name}
            DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides COMPONENT ${component})
    endif()
    set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name} PARENT_SCOPE)
    set(CPACK_DEBIAN_${upper}_FILE_NAME DEB-DEFAULT PARENT_SCOPE)
    set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section} PARENT_SCOPE)
    set(CPACK_DEBIAN_${upper}_DESCRIPTION "${WHAT}\n.\n${more}" PARENT_SCOPE)
endfunction()

package(program willrun devel "This package has the program.")
package(library ${LIBRARY_PACKAGE} libs "This package has the shared library.")
package(development libwillrun-dev libdevel "This package has what others build with.")

# dpkg runs ldconfig by the trigger, and other packages learn from shlibs what to depend on.
file(WRITE ${DEBIAN}/shlibs
    "libwillrun ${PROJECT_VERSION_MAJOR} ${LIBRARY_PACKAGE} (>= ${PROJECT_VERSION})\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA
    "${PROJECT_SOURCE_DIR}/data/debian/triggers;${DEBIAN}/shlibs")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${LIBRARY_PACKAGE} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
include(CPack)
