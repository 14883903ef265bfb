# SPDX-License-Identifier: BSD-3-Clause
# Sets KAPITZA_LAPACK, what is linked, and KAPITZA_LAPACK_SUMMARY.
option(KAPITZA_SMALL_LAPACK "link OpenBLAS statically, with its code for three kinds of CPUs only" OFF)

if(NOT KAPITZA_SMALL_LAPACK)
  # OpenBLAS, or else the reference LAPACK; -DBLA_VENDOR asks for another one, which then has to work on one thread.
  if(NOT BLA_VENDOR)
    set(BLA_VENDOR OpenBLAS)
    find_package(LAPACK QUIET)
    if(NOT LAPACK_FOUND)
      set(BLA_VENDOR Generic)
    endif()
  endif()
  find_package(LAPACK REQUIRED)
  set(KAPITZA_LAPACK LAPACK::LAPACK)
  set(KAPITZA_LAPACK_SUMMARY ${BLA_VENDOR})
  return()
endif()

# For programs that are carried to another machine: the shared library has 35 MB, the archive brings 26 MB of code
# for twenty kinds of CPUs. Told that the tables of all others are those of the three that KAPITZA_ARCH=x86-64-v3
# may meet - Haswell, Zen, Skylake-X - the linker takes 4.5 MB. The names are OpenBLAS's own: where it renames them,
# the link fails, or the programs grow, and tools/carry.py refuses them.
# Without threads: in an archive that has them, nobody would find the function that sets their number.
find_library(KAPITZA_OPENBLAS_ARCHIVE openblas-serial/libopenblas.a REQUIRED)
find_library(KAPITZA_GFORTRAN libgfortran.so.5 REQUIRED)
set(others ATOM BARCELONA BOBCAT BULLDOZER CORE2 DUNNINGTON EXCAVATOR NANO NEHALEM OPTERON OPTERON_SSE3 PENRYN
  PILEDRIVER PRESCOTT SANDYBRIDGE STEAMROLLER)
list(TRANSFORM others REPLACE "(.+)" "--defsym=gotoblas_\\1=gotoblas_HASWELL")
list(APPEND others --defsym=gotoblas_COOPERLAKE=gotoblas_SKYLAKEX)
list(JOIN others "," others)
set(KAPITZA_LAPACK -Wl,${others} ${KAPITZA_OPENBLAS_ARCHIVE} ${KAPITZA_GFORTRAN})
set(KAPITZA_LAPACK_SUMMARY "OpenBLAS, a part of it")
