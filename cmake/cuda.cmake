# SPDX-License-Identifier: BSD-3-Clause
# Finds CUDA where it is wanted and sets KAPITZA_HAVE_CUDA and KAPITZA_CUDA_SUMMARY.
set(KAPITZA_HAVE_CUDA OFF)
set(KAPITZA_CUDA_SUMMARY "off")
if(KAPITZA_CUDA STREQUAL "OFF")
  return()
endif()

# The first GPU that the driver lists; empty where there is none.
execute_process(COMMAND nvidia-smi --query-gpu=name,compute_cap --format=csv,noheader
  OUTPUT_VARIABLE KAPITZA_GPU RESULT_VARIABLE failure ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT failure STREQUAL "0")
  set(KAPITZA_GPU "")
endif()
string(REGEX REPLACE "\n.*" "" KAPITZA_GPU "${KAPITZA_GPU}")
if(KAPITZA_CUDA STREQUAL "AUTO" AND KAPITZA_GPU STREQUAL "")
  set(KAPITZA_CUDA_SUMMARY "off (no GPU here; -DKAPITZA_CUDA=ON compiles it all the same)")
  return()
endif()

include(CheckLanguage)
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX} AND EXISTS /usr/local/cuda/bin/nvcc)
  set(CMAKE_CUDA_COMPILER /usr/local/cuda/bin/nvcc)
endif()
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  if(KAPITZA_CUDA STREQUAL "ON")
    message(FATAL_ERROR "KAPITZA_CUDA=ON, but no CUDA compiler was found: set CUDACXX, or use -DKAPITZA_CUDA=OFF")
  endif()
  message(WARNING "there is a GPU (${KAPITZA_GPU}), but no CUDA compiler was found: building without CUDA. "
    "Install the CUDA toolkit, or set CUDACXX to its nvcc")
  set(KAPITZA_CUDA_SUMMARY "off (no nvcc found)")
  return()
endif()

# Machine code for the GPU that is here, or else for the one we tune for, with PTX for what comes after it.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND NOT DEFINED ENV{CUDAARCHS})
  set(CMAKE_CUDA_ARCHITECTURES 90)
  if(KAPITZA_GPU MATCHES ", ([0-9]+)\\.([0-9]+)$")
    set(CMAKE_CUDA_ARCHITECTURES ${CMAKE_MATCH_1}${CMAKE_MATCH_2})
  endif()
endif()
enable_language(CUDA)
# CMake up to 3.25.1 does not know nvcc's flag for C++20.
if(CMAKE_VERSION VERSION_LESS 3.25.2 AND CMAKE_CUDA_COMPILER_ID STREQUAL "NVIDIA")
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
endif()
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
find_package(CUDAToolkit REQUIRED)
set(KAPITZA_HAVE_CUDA ON)
set(KAPITZA_CUDA_SUMMARY "nvcc ${CMAKE_CUDA_COMPILER_VERSION}, architectures ${CMAKE_CUDA_ARCHITECTURES}")
