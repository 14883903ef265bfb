// SPDX-License-Identifier: BSD-3-Clause
#include "host/cli.hpp"

int main(int argc, char** argv) { return kapitza::host::run_program(argc, argv); }
