// SPDX-License-Identifier: BSD-3-Clause

#include "oracle_lattice.hpp"

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <stdexcept>
#include <unordered_map>

namespace kapitza::oracle {
namespace {

constexpr double kPi = std::numbers::pi;

// sum_i weight_i cos(tau_i dE), remembered: on a lattice the same dE comes back very often, up to
// rounding. A value is taken from memory only for a dE within 1e-13 of the remembered one.
class EnergyKernel {
 public:
  EnergyKernel(const std::vector<double>& tau, const std::vector<double>& weight)
      : tau_(tau), weight_(weight) {}

  double operator()(double energy_difference) {
    const auto key = static_cast<std::int64_t>(std::llround(energy_difference * 1e9));
    const auto found = known_.find(key);
    if (found != known_.end() && std::abs(found->second.at - energy_difference) < 1e-13) {
      return found->second.value;
    }
    double sum = 0;
    for (std::size_t i = 0; i < tau_.size(); ++i) {
      sum += weight_[i] * std::cos(tau_[i] * energy_difference);
    }
    known_[key] = {energy_difference, sum};
    return sum;
  }

 private:
  struct Entry {
    double at;
    double value;
  };
  const std::vector<double>& tau_;
  const std::vector<double>& weight_;
  std::unordered_map<std::int64_t, Entry> known_;
};

}  // namespace

std::function<double(double)> trig_interpolant(const std::vector<double>& n) {
  const int K = static_cast<int>(n.size());
  if (K == 0) throw std::invalid_argument("trig_interpolant: no values");
  // a_j = (1/K) sum_m n_m e^{-i j k_m} for j = 0 .. K/2; n is real, so a_{-j} = conj(a_j).
  std::vector<std::complex<double>> a;
  for (int j = 0; 2 * j <= K; ++j) {
    std::complex<double> sum = 0;
    for (int m = 0; m < K; ++m) {
      const double k_m = -kPi + 2 * kPi * (m + 0.5) / K;
      sum += n[m] * std::polar(1.0, -j * k_m);
    }
    a.push_back(sum / static_cast<double>(K));
  }
  return [a, K](double k) {
    double value = a[0].real();
    for (int j = 1; 2 * j <= K; ++j) {
      // a_j e^{ijk} + a_{-j} e^{-ijk}; at the Nyquist mode both are the same mode of the data, and
      // each gets half of it.
      const double share = 2 * j == K ? 0.5 : 1.0;
      value += share * 2 * (a[j] * std::polar(1.0, j * k)).real();
    }
    return value;
  };
}

double interpolate_at(const std::vector<double>& n, double k) { return trig_interpolant(n)(k); }

std::vector<double> interpolate(const std::vector<double>& n, int M) {
  const int K = static_cast<int>(n.size());
  if (K == 0 || M <= 0 || M % K != 0) {
    throw std::invalid_argument("interpolate: M must be a multiple of K");
  }
  const auto n_at = trig_interpolant(n);
  std::vector<double> values;
  for (int r = 0; r < M; ++r) values.push_back(n_at(-kPi + kPi / K + 2 * kPi * r / M));
  return values;
}

GainLoss lattice_collision(int l, double C, const std::vector<double>& n_K,
                           const std::vector<double>& h_K,
                           const std::function<double(double)>& energy, int M,
                           const std::vector<double>& tau, const std::vector<double>& weight) {
  if (l < 2 || h_K.size() != n_K.size() || tau.size() != weight.size()) {
    throw std::invalid_argument("lattice_collision: bad sizes");
  }
  const int K = static_cast<int>(n_K.size());
  const std::vector<double> n = interpolate(n_K, M);
  const std::vector<double> h = interpolate(h_K, M);
  std::vector<double> E;
  for (int r = 0; r < M; ++r) {
    const double p = -kPi + kPi / K + 2 * kPi * r / M;
    E.push_back(energy(p < kPi ? p : p - 2 * kPi));
  }
  EnergyKernel kernel(tau, weight);

  // Slots 0 .. l-1 are k_1 .. k_l (slot 0 is k itself), slots l .. 2l-1 are q_1 .. q_l.
  const int slots = 2 * l;
  const double norm = C / std::pow(M, 2 * l - 2);
  GainLoss result{std::vector<double>(K, 0.0), std::vector<double>(K, 0.0)};
  for (int m = 0; m < K; ++m) {
    std::vector<int> r(slots, 0);
    r[0] = m * (M / K);
    double gain = 0;
    double rate = 0;
    for (bool done = false; !done;) {
      // Momentum conservation modulo 2 pi fixes the last momentum: the half offsets of the l
      // in-side and the l out-side momenta cancel, so that it is a condition on the indices.
      int sum = 0;
      for (int i = 0; i < l; ++i) sum += r[i];
      for (int i = l; i < slots - 1; ++i) sum -= r[i];
      r[slots - 1] = ((sum % M) + M) % M;

      double difference = 0;
      for (int i = 0; i < l; ++i) difference += E[r[i]];
      for (int i = l; i < slots; ++i) difference -= E[r[i]];
      const double delta = kernel(difference);

      double all_others = 1;
      for (int i = 1; i < slots; ++i) all_others *= n[r[i]];
      gain += delta * all_others;

      double bracket = 0;
      for (int i = 1; i < slots; ++i) {
        double product = h[r[i]];
        for (int j = 1; j < slots; ++j) {
          if (j != i) product *= n[r[j]];
        }
        bracket += i < l ? product : -product;
      }
      rate += delta * bracket;

      // Next choice of the free momenta, slots 1 .. 2l-2.
      done = true;
      for (int i = 1; i < slots - 1 && done; ++i) {
        if (++r[i] < M) {
          done = false;
        } else {
          r[i] = 0;
        }
      }
    }
    result.gain[m] = norm * gain;
    result.rate[m] = norm * rate;
  }
  return result;
}

}  // namespace kapitza::oracle
