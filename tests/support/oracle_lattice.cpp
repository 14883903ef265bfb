// SPDX-License-Identifier: BSD-3-Clause

#include "tests/support/oracle_lattice.hpp"

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <stdexcept>
#include <unordered_map>

namespace kapitza::oracle {
namespace {

using std::numbers::pi;
constexpr long double kLongPi = std::numbers::pi_v<long double>;

using LongComplex = std::complex<long double>;

// E at the lattice momenta p_r.
std::vector<double> lattice_energy(int K, int M, const std::function<double(double)>& energy) {
  std::vector<double> E;
  for (int r = 0; r < M; ++r) {
    const double p = -pi + pi / K + 2 * pi * r / M;
    E.push_back(energy(p < pi ? p : p - 2 * pi));
  }
  return E;
}

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
  // In long double: at large j a rounded angle j k is worth many roundings.
  std::vector<LongComplex> a;
  for (int j = 0; 2 * j <= K; ++j) {
    LongComplex sum = 0;
    for (int m = 0; m < K; ++m) {
      const long double k_m = -kLongPi + 2 * kLongPi * (m + 0.5L) / K;
      sum += static_cast<long double>(n[m]) * std::polar(1.0L, -j * k_m);
    }
    a.push_back(sum / static_cast<long double>(K));
  }
  return [a, K](double k) {
    long double value = a[0].real();
    for (int j = 1; 2 * j <= K; ++j) {
      // a_j e^{ijk} + a_{-j} e^{-ijk}; at the Nyquist mode both are the same mode of the data, and
      // each gets half of it.
      const long double share = 2 * j == K ? 0.5L : 1.0L;
      value += share * 2 * (a[j] * std::polar(1.0L, j * static_cast<long double>(k))).real();
    }
    return static_cast<double>(value);
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
  for (int r = 0; r < M; ++r) values.push_back(n_at(-pi + pi / K + 2 * pi * r / M));
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
  const std::vector<double> E = lattice_energy(K, M, energy);
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

GainLoss swept_collision(int l, double C, const std::vector<double>& n_K,
                         const std::vector<double>& h_K,
                         const std::function<double(double)>& energy, int M,
                         const std::vector<double>& tau, const std::vector<double>& weight) {
  if (l < 2 || h_K.size() != n_K.size() || tau.size() != weight.size()) {
    throw std::invalid_argument("swept_collision: bad sizes");
  }
  const int K = static_cast<int>(n_K.size());
  const std::vector<double> n = interpolate(n_K, M);
  const std::vector<double> h = interpolate(h_K, M);
  const std::vector<double> E = lattice_energy(K, M, energy);
  // p_r = k_0 + 2 pi r / M: what k_0 adds to the phases of F_j and H_j cancels in the end.
  std::vector<LongComplex> root;
  for (int r = 0; r < M; ++r) root.push_back(std::polar(1.0L, 2 * kLongPi * r / M));

  std::vector<long double> gain(K, 0);
  std::vector<long double> rate(K, 0);
  for (std::size_t i = 0; i < tau.size(); ++i) {
    std::vector<LongComplex> phase;
    for (int r = 0; r < M; ++r) {
      phase.push_back(std::polar(1.0L, static_cast<long double>(tau[i]) * E[r]));
    }
    for (int j = 0; j < M; ++j) {
      LongComplex F = 0;
      LongComplex H = 0;
      for (int r = 0, angle = 0; r < M; ++r, angle = (angle + j) % M) {
        const LongComplex wave = root[angle] * phase[r];
        F += wave * static_cast<long double>(n[r]);
        H += wave * static_cast<long double>(h[r]);
      }
      F /= M;
      H /= M;
      const long double density = std::norm(F);
      const LongComplex b = C * std::pow(density, l - 1) * std::conj(F);
      const LongComplex s = C * std::pow(density, l - 2) *
                            (static_cast<long double>(l - 1) * std::conj(F * F) * H -
                             static_cast<long double>(l) * density * std::conj(H));
      // A negative tau adds the complex conjugate, and the two share the weight.
      for (int m = 0, angle = 0; m < K; ++m, angle = (angle + j * (M / K)) % M) {
        const LongComplex wave = root[angle] * phase[m * (M / K)];
        gain[m] += weight[i] * (wave * b).real();
        rate[m] += weight[i] * (wave * s).real();
      }
    }
  }
  return {{gain.begin(), gain.end()}, {rate.begin(), rate.end()}};
}

}  // namespace kapitza::oracle
