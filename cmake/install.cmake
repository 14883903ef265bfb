# SPDX-License-Identifier: BSD-3-Clause
# cmake --install: the program with its manual and completions, and the library for find_package(Kapitza).
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Kapitza)

get_property(subjects GLOBAL PROPERTY KAPITZA_SUBJECTS)
set(installed kapitza_flags kapitza_device kapitza_device_cpu kapitza_machine)
if(KAPITZA_HAVE_CUDA)
  list(APPEND installed kapitza_device_cuda)
endif()
foreach(subject ${subjects})
  foreach(part "" _cpu _cuda)
    if(TARGET kapitza_${subject}${part})
      list(APPEND installed kapitza_${subject}${part})
    endif()
  endforeach()
endforeach()
foreach(target ${installed})
  string(REPLACE "kapitza_" "" name ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL "INTERFACE_LIBRARY")
    set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION})
  endif()
endforeach()

install(TARGETS kapitza RUNTIME)
install(TARGETS ${installed} EXPORT KapitzaTargets)
install(DIRECTORY include/kapitza TYPE INCLUDE)
install(EXPORT KapitzaTargets NAMESPACE Kapitza:: DESTINATION ${package_folder})
configure_package_config_file(cmake/KapitzaConfig.cmake.in ${CMAKE_BINARY_DIR}/KapitzaConfig.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/KapitzaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/KapitzaConfig.cmake ${CMAKE_BINARY_DIR}/KapitzaConfigVersion.cmake
  DESTINATION ${package_folder})
install(FILES LICENSE README.md CHANGELOG.md CITATION.cff TYPE DOC)

# What the program says about itself, as the shells and man look for it.
function(kapitza_install_text folder file)
  string(JOIN " " words ${ARGN})
  install(CODE "
    set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${folder}\")
    file(MAKE_DIRECTORY \"\${folder}\")
    execute_process(COMMAND $<TARGET_FILE:kapitza> ${words} OUTPUT_FILE \"\${folder}/${file}\"
      COMMAND_ERROR_IS_FATAL ANY)
    message(STATUS \"Installing: \${folder}/${file}\")")
endfunction()
kapitza_install_text(${CMAKE_INSTALL_MANDIR}/man1 kapitza.1 manual)
kapitza_install_text(${CMAKE_INSTALL_DATADIR}/bash-completion/completions kapitza completion bash)
kapitza_install_text(${CMAKE_INSTALL_DATADIR}/zsh/site-functions _kapitza completion zsh)
kapitza_install_text(${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d kapitza.fish completion fish)
