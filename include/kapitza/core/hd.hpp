// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// Marks a function that runs on the host and, when nvcc compiles it, on the device too.
#ifdef __CUDACC__
#define KAPITZA_HD __host__ __device__
#else
#define KAPITZA_HD
#endif
