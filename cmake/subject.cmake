# SPDX-License-Identifier: BSD-3-Clause
# One library for every subject, from src/NAME, and one for what it does on a device, from
# kernels/NAME/cpu and kernels/NAME/cuda. It is linked with the subjects that it may use and nothing
# else, so that who may use whom is a rule of the linker too (tests/house/CMakeLists.txt).

# kapitza_folders_as_one(TARGET)
# The sources of a folder are compiled as one: what they include and instantiate is much the same, and is
# most of the work. Names in their anonymous namespaces must differ, which the compiler sees to. Kernels
# are left apart: what is compiled there is their own loops, and how these are inlined is their speed.
function(kapitza_folders_as_one target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE folder)
    cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${CMAKE_SOURCE_DIR})
    cmake_path(GET folder PARENT_PATH folder)
    string(MAKE_C_IDENTIFIER ${folder} folder)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${folder})
  endforeach()
endfunction()

# kapitza_subject(NAME [USES SUBJECT...] [LIBRARIES LIBRARY...])
function(kapitza_subject name)
  cmake_parse_arguments(arg "" "" "USES;LIBRARIES" ${ARGN})
  list(TRANSFORM arg_USES PREPEND kapitza_)
  set_property(GLOBAL APPEND PROPERTY KAPITZA_SUBJECTS ${name})
  file(GLOB sources CONFIGURE_DEPENDS src/${name}/*.cpp)
  if(sources)
    add_library(kapitza_${name} ${sources})
    target_link_libraries(kapitza_${name} PUBLIC kapitza_flags ${arg_USES} PRIVATE ${arg_LIBRARIES})
    target_precompile_headers(kapitza_${name} REUSE_FROM kapitza_common)
    kapitza_folders_as_one(kapitza_${name})
  else()
    add_library(kapitza_${name} INTERFACE)
    target_link_libraries(kapitza_${name} INTERFACE kapitza_flags ${arg_USES})
  endif()
  kapitza_device_part(${name} cpu *.cpp)
  if(KAPITZA_HAVE_CUDA)
    kapitza_device_part(${name} cuda *.cu)
  endif()
endfunction()

# kapitza_device_part(NAME DEVICE PATTERN)
function(kapitza_device_part name device pattern)
  file(GLOB sources CONFIGURE_DEPENDS kernels/${name}/${device}/${pattern})
  if(sources)
    # Device code is linked into the machine, also where libraries are shared: one CUDA runtime for all of it.
    set(type)
    if(device STREQUAL "cuda")
      set(type STATIC)
    endif()
    add_library(kapitza_${name}_${device} ${type} ${sources})
    set_target_properties(kapitza_${name}_${device} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(kapitza_${name}_${device} PUBLIC kapitza_${name} kapitza_device_${device})
    # The host's part of device code launches kernels; what it computes is in libraries (tests/house/copies.py).
    target_compile_options(kapitza_${name}_${device} PRIVATE
      $<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<CONFIG:Release>>:-Xcompiler=-O1>)
  endif()
endfunction()
