// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <Eigen/Core>

/// Compiled once: Eigen's solvers take longer to compile than all that uses them here.
namespace kapitza::testing {

/// Of a symmetric matrix, ascending.
Eigen::VectorXd symmetric_eigenvalues(const Eigen::MatrixXd& A);

/// Of any real matrix.
Eigen::VectorXcd eigenvalues(const Eigen::MatrixXd& A);

}  // namespace kapitza::testing
