// SPDX-License-Identifier: BSD-3-Clause
#include "host/jobs/linear.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "host/model.hpp"
#include "kapitza/physics/statistics.hpp"
#include "kapitza/solver/balance.hpp"

namespace kapitza::host {
namespace {

constexpr const char* Lambda_key = "defect.Lambda";

/// One strength of the defect.
struct Point {
  double Lambda;
  Scattering::Outgoing out;
  Matrix resistance, boundary;
  double balance, condition;
};

/// What a thermal state would reflect instead, carrying the same currents, and how much of the
/// reflected current is elsewhere.
struct ThermalReflection {
  std::vector<double> dn;
  double misplaced;
};

Matrix sum(const Matrix& a, double factor, const Matrix& b) {
  Matrix result = b;
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 2; ++j) result[i][j] += factor * a[i][j];
  return result;
}

CollisionErrors errors_of(const LinearResponse& response, const ResolutionRequest& request) {
  return {response.cutoff_error, response.grid_error, request.tolerance};
}

Quantities accuracy_rows(const LinearResponse& response, const ResolutionRequest& request) {
  const CollisionErrors errors = errors_of(response, request);
  return {
      {"error_estimate", errors.estimate(), "of what leaves, the resistance and the smallest nu"},
      {"cutoff_error", errors.cutoff, "from T, M and the refinement"},
      {"grid_error", errors.grid, "from the number of momenta"},
      {"tolerance_reached", errors.tolerance_reached(), ""},
      {"symmetrisation", response.collision.change, "largest change made to S, relative to S"},
  };
}

class Run {
 public:
  explicit Run(JobContext& context)
      : context_(context),
        problem_(make_linear(context.config)),
        request_(make_request(context.config, problem_.model)),
        is_list_(context.config.is_list(Lambda_key)) {}

  JobResult go();

 private:
  const LinearCollision& collision() const { return response_->collision; }
  std::size_t K() const { return problem_.dn_in.size(); }
  Point point(double Lambda) const;
  double balance(const Scattering::Outgoing& out) const;
  double size(const std::vector<double>& out) const;
  double continuum_edge() const;
  Matrix jump() const;
  void require_finite() const;
  ThermalReflection thermal_reflection(int side) const;
  Quantities rows() const;
  Quantities milne_rows(const std::string& name, int side) const;
  Quantities point_rows(const Point& point) const;
  void write(const JobResult& result) const;
  std::vector<double> interior_weights() const;
  void write_points(ResultWriter& writer) const;
  void write_operators(ResultWriter& writer) const;
  void write_inside(ResultWriter& writer) const;

  JobContext& context_;
  LinearProblem problem_;
  ResolutionRequest request_;
  bool is_list_;
  std::optional<LinearResponse> response_;
  std::vector<double> loss_rate_;
  std::optional<Scattering> strong_;  ///< infinitely
  std::vector<double> milne_;         ///< what it reflects
  std::vector<Point> points_;
};

/// Currents out against currents in, relative to the size of what comes in.
double Run::balance(const Scattering::Outgoing& out) const {
  double worst = 0;
  for (const bool energy : {false, true}) {
    double difference = 0, size = 0;
    for (std::size_t k = 0; k < K(); ++k) {
      const double weight =
          std::abs(collision().v[k]) * (energy ? std::abs(collision().E[k]) : 1.0);
      difference += std::copysign(weight, energy ? collision().E[k] : 1.0) *
                    (out.reflected[k] + out.transmitted[k] - problem_.dn_in[k]);
      size += weight * std::abs(problem_.dn_in[k]);
    }
    worst = std::max(worst, std::abs(difference) / size);
  }
  return worst;
}

/// Every carrier counted with |dn|, in units of what is injected.
double Run::size(const std::vector<double>& out) const {
  double outgoing = 0, incoming = 0;
  for (std::size_t k = 0; k < K(); ++k) {
    outgoing += std::abs(collision().v[k] * out[k]);
    incoming += std::abs(collision().v[k] * problem_.dn_in[k]);
  }
  return outgoing / incoming;
}

Point Run::point(double Lambda) const {
  const DefectModes& modes = response_->modes;
  const Scattering scattering = modes.at(Lambda);
  Point point{Lambda, scattering.respond(problem_.dn_in), {}, {}, 0, scattering.condition()};
  point.boundary = modes.boundary_resistance(Lambda);
  point.resistance = sum(modes.bulk_resistance(), Lambda, point.boundary);
  point.balance = balance(point.out);
  return point;
}

/// Below it decay only modes that all momenta share; above it, any single momentum can.
double Run::continuum_edge() const {
  double edge = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < K(); ++k)
    edge = std::min(edge, loss_rate_[k] / std::abs(collision().v[k]));
  return edge;
}

/// side: the sign of v of what leaves.
ThermalReflection Run::thermal_reflection(int side) const {
  const LinearCollision& c = collision();
  MomentSystem system;
  double number = 0, energy = 0;
  for (std::size_t k = 0; k < K(); ++k) {
    if (side * c.v[k] < 0) continue;
    const double v = std::abs(c.v[k]);
    system.add(Statistics::weight(c.n[k], v), c.E[k]);
    number += v * milne_[k];
    energy += v * c.E[k] * milne_[k];
  }
  const MomentSystem::Line line = system.solve(number, energy);
  ThermalReflection thermal{std::vector<double>(K()), 0};
  double elsewhere = 0, all = 0;
  for (std::size_t k = 0; k < K(); ++k) {
    if (side * c.v[k] < 0) continue;
    thermal.dn[k] = Statistics::weight(c.n[k]) * line(c.E[k]);
    elsewhere += std::abs(c.v[k] * (milne_[k] - thermal.dn[k]));
    all += std::abs(c.v[k] * milne_[k]);
  }
  // A reflection of nothing but rounding has no share.
  thermal.misplaced = size(milne_) > 1e-12 && all > 0 ? elsewhere / (2 * all) : 0;
  return thermal;
}

Quantities Run::milne_rows(const std::string& name, int side) const {
  const Affinities line = strong_->thermal_part(problem_.dn_in, side < 0 ? 0 : 1);
  const double beta = problem_.background.beta(), mu = problem_.background.mu();
  // Adding zero turns -0 into 0.
  const double dbeta = 0 - line.energy, dmu = (line.number - mu * dbeta) / beta + 0;
  return {
      {name + ".dbeta", dbeta, "deep inside an infinitely strong defect, per unit of dn"},
      {name + ".dmu", dmu, ""},
      {name + ".misplaced", thermal_reflection(side).misplaced,
       "share of what it reflects that is not where a thermal state has it"},
  };
}

Matrix Run::jump() const {
  Matrix half = response_->modes.boundary_resistance(DefectModes::infinity);
  for (auto& row : half)
    for (double& element : row) element /= 2;
  return half;
}

Quantities Run::rows() const {
  const auto worst = [&](auto member) {
    double value = 0;
    for (const Point& point : points_) value = std::max(value, point.*member);
    return value;
  };
  const DefectModes& modes = response_->modes;
  Quantities rows{
      {"beta", problem_.background.beta(), "of the background"},
      {"mu", problem_.background.mu(), ""},
      {"smallest_nu", modes.spectrum().front(), "boundary layers have the width 1 / (nu Lambda)"},
      {"continuum_edge", continuum_edge(), "least loss rate / |v| on the grid"},
      {"resistance.bulk", modes.bulk_resistance(), "times Lambda: between the affinities of"},
      {"resistance.boundary", modes.boundary_resistance(DefectModes::infinity),
       "both ends together: number and energy"},
      {"milne.jump", jump(), "of the affinities at either end: half of it"},
      {"resistance.contact", modes.boundary_resistance(0), "without a defect"},
  };
  append(rows, milne_rows("milne.left", -1));
  append(rows, milne_rows("milne.right", +1));
  append(rows, {
                   {"balance", worst(&Point::balance), "of the currents, largest over Lambda"},
                   {"condition", worst(&Point::condition), "of what is solved, likewise"},
                   {"refinement", std::int64_t{response_->resolution.refinement},
                    "of the grid that 2 -> 2 collisions are counted on"},
               });
  append(rows, resolution_rows(response_->resolution.collision));
  append(rows, accuracy_rows(*response_, request_));
  return rows;
}

Quantities Run::point_rows(const Point& point) const {
  return {
      {"Lambda", point.Lambda, "strength of the defect"},
      {"layer", 1 / (response_->modes.spectrum().front() * point.Lambda),
       "width of the boundary layers, in X"},
      {"reflected_size", size(point.out.reflected), "sum |v dn| / sum |v dn_in|"},
      {"transmitted_size", size(point.out.transmitted),
       "the same: their sum is 1 where no sign changes"},
      {"resistance", point.resistance, "Lambda bulk + boundary"},
  };
}

/// The loss rates are those of the collision integral itself, on the finest resolution.
std::vector<double> loss_rates(Backend& backend, const CollisionModel& model,
                               const LinearResponse& response) {
  const auto collision = backend.collision(CollisionPlan(model, response.resolution.collision));
  CollisionBatch batch;
  collision->evaluate(response.collision.n, batch);
  std::vector<double> rates;
  for (std::size_t k = 0; k < batch.gain.size(); ++k)
    rates.push_back(batch.gain[k] / response.collision.n[k]);
  return rates;
}

void Run::require_finite() const {
  const auto finite = [](double x) { return std::isfinite(x); };
  for (const Point& point : points_)
    if (!std::ranges::all_of(point.out.reflected, finite) ||
        !std::ranges::all_of(point.out.transmitted, finite) || !finite(point.resistance[0][0]) ||
        !finite(point.resistance[1][1]) || !finite(point.balance) ||
        !finite(size(point.out.reflected)))
      throw NumericsError(
          fmt::format("Lambda = {:g}: the result is not finite: Lambda or dn is too large or too "
                      "small for floating point numbers",
                      point.Lambda));
}

/// Nothing is worth keeping of a run that is stopped before it has found its resolution.
JobResult Run::go() {
  const WallClock clock(std::nullopt);
  context_.console.note(
      fmt::format("choosing T, M and the grid of the pairs for tolerance {}", request_.tolerance));
  std::string stopped_by;
  const auto stop = [&] {
    stopped_by = context_.stop(0);
    return !stopped_by.empty();
  };
  response_ = resolve_linear(context_.backend, problem_, request_, stop);
  if (!response_)
    return {.wall_seconds = clock.elapsed(), .finished = false, .stopped_by = stopped_by};
  const CollisionErrors errors = errors_of(*response_, request_);
  if (!errors.tolerance_reached()) context_.console.warning(unreached_tolerance(errors));
  loss_rate_ = loss_rates(context_.backend, problem_.model, *response_);
  strong_.emplace(response_->modes.at(DefectModes::infinity));
  milne_ = strong_->respond(problem_.dn_in).reflected;
  for (const double Lambda : problem_.Lambda) points_.push_back(point(Lambda));
  require_finite();

  JobResult result{.quantities = rows()};
  for (const Point& point : points_) {
    if (is_list_) {
      result.series.rows.push_back(point_rows(point));
    } else {
      append(result.quantities, point_rows(point));
    }
  }
  result.series.columns = {"Lambda", "layer", "reflected_size", "transmitted_size"};
  result.wall_seconds = clock.elapsed();
  write(result);
  return result;
}

void Run::write(const JobResult& result) const {
  const LinearCollision& c = collision();
  const std::vector<double> k = c.grid.momenta();
  ResultWriter writer(context_.target);
  writer.coordinate("k", k, "momentum");
  writer.coordinate("Lambda", problem_.Lambda, "strength of the defect");
  write_points(writer);
  std::vector<double> thermal = thermal_reflection(-1).dn;
  const std::vector<double> right = thermal_reflection(+1).dn;
  for (std::size_t m = 0; m < K(); ++m) thermal[m] += right[m];
  writer.dataset("milne", {"k"}, milne_, "reflected by an infinitely strong defect");
  writer.dataset("milne_thermal", {"k"}, thermal,
                 "what a thermal state would reflect with the same currents");
  writer.dataset("dn_in", {"k"}, problem_.dn_in,
                 "perturbation of what enters, at X = 0 with v > 0, at X = 1 with v < 0");
  writer.dataset("n", {"k"}, c.n, "density of the thermal state");
  writer.dataset("E", {"k"}, c.E, "energy of a carrier");
  writer.dataset("v", {"k"}, c.v, "velocity of a carrier");
  writer.dataset("loss_rate", {"k"}, loss_rate_,
                 "rate at which carriers of one momentum are scattered, for Lambda = 1");
  writer.dataset("interior", {"affinity", "k"}, interior_weights(),
                 "affinities deep inside an infinitely strong defect per dn_in(k), behind the end "
                 "where it enters");
  const std::vector<double>& nu = response_->modes.spectrum();
  writer.coordinate("mode", counted(nu.size()), "number of the pair of modes");
  writer.dataset("spectrum", {"mode"}, nu,
                 "decay rates nu > 0: modes exp(-+nu Lambda X); four more do not decay");
  if (context_.config.flag("linear.S")) write_operators(writer);
  if (context_.config.integer("linear.places") > 0) write_inside(writer);
  write_attributes(writer, context_, result);
  writer.commit();
}

std::vector<double> Run::interior_weights() const {
  const auto behind_left = strong_->thermal_weights(0), behind_right = strong_->thermal_weights(1);
  std::vector<double> weights;
  for (std::size_t affinity = 0; affinity < 2; ++affinity)
    for (std::size_t k = 0; k < K(); ++k)
      weights.push_back((collision().v[k] > 0 ? behind_left : behind_right)[affinity][k]);
  return weights;
}

void Run::write_points(ResultWriter& writer) const {
  const auto each = [&](auto values_of) {
    std::vector<double> all;
    for (const Point& point : points_) {
      const std::vector<double> values = values_of(point);
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  };
  const auto flat = [](const Matrix& m) {
    return std::vector<double>{m[0][0], m[0][1], m[1][0], m[1][1]};
  };
  writer.dataset("reflected", {"Lambda", "k"}, each([](const Point& p) { return p.out.reflected; }),
                 "perturbation of what leaves at the end where it was caused: left for v < 0");
  writer.dataset("transmitted", {"Lambda", "k"},
                 each([](const Point& p) { return p.out.transmitted; }),
                 "perturbation of what leaves at the other end: right for v > 0");
  writer.coordinate("affinity", counted(2), "0: difference in beta mu, 1: in -beta, left - right");
  writer.coordinate("current", counted(2), "0: int dk/2pi v n, 1: int dk/2pi v E n");
  writer.dataset("resistance", {"Lambda", "affinity", "current"},
                 each([&](const Point& p) { return flat(p.resistance); }),
                 "affinities = resistance x currents, for thermal reservoirs");
  writer.dataset("boundary_resistance", {"Lambda", "affinity", "current"},
                 each([&](const Point& p) { return flat(p.boundary); }),
                 "resistance - Lambda resistance.bulk");
  writer.dataset("balance", {"Lambda"}, each([](const Point& p) { return std::vector{p.balance}; }),
                 "of the currents: |out - in| / in, the larger of number and energy");
  writer.dataset("condition", {"Lambda"},
                 each([](const Point& p) { return std::vector{p.condition}; }),
                 "condition number of what is solved for the amplitudes of the modes");
}

void Run::write_operators(ResultWriter& writer) const {
  const std::vector<double> k = collision().grid.momenta();
  writer.coordinate("k_out", k, "momentum of what leaves");
  writer.coordinate("k_in", k, "momentum of what enters");
  std::vector<double> all;
  for (const double Lambda : problem_.Lambda) {
    const std::vector<double> S = response_->modes.at(Lambda).matrix();
    all.insert(all.end(), S.begin(), S.end());
  }
  writer.dataset("S", {"Lambda", "k_out", "k_in"}, all, "scattering operator: dn_out = S dn_in");
}

void Run::write_inside(ResultWriter& writer) const {
  const int places = context_.config.integer("linear.places");
  std::vector<double> X, dn;
  for (int i = 0; i < places; ++i) X.push_back(i / (places - 1.0));
  for (const double Lambda : problem_.Lambda) {
    const Scattering scattering = response_->modes.at(Lambda);
    for (const double place : X) {
      const std::vector<double> here = scattering.inside(problem_.dn_in, place);
      dn.insert(dn.end(), here.begin(), here.end());
    }
  }
  writer.coordinate("X", X, "place in the defect");
  writer.dataset("dn", {"Lambda", "X", "k"}, dn, "perturbation inside the defect");
}

JobResult run(JobContext& context) { return Run(context).go(); }

void validate(const Config& config) {
  const LinearProblem problem = make_linear(config);
  make_request(config, problem.model);
}

std::size_t file_size(const Config& config) {
  const auto K = static_cast<std::size_t>(config.integer("grid.K"));
  const std::size_t Lambdas = config.numbers(Lambda_key).size();
  const std::size_t operators = config.flag("linear.S") ? K * K : 0;
  const auto places = static_cast<std::size_t>(config.integer("linear.places"));
  return 64 * 1024 + sizeof(double) * (10 * K + Lambdas * (2 * K + 16 + operators + places * K));
}

/// Of matrices over the momenta of the pairs' grid and of the grid, and of what is written.
double memory(const Config& config, const LinearProblem& problem, const LinearResponse& response) {
  const double K = problem.model.grid.K, fine = K * response.resolution.refinement;
  return sizeof(double) * (8 * fine * fine + 40 * K * K) +
         3 * static_cast<double>(file_size(config));
}

/// The resolution is what takes time.
Quantities estimate(const Config& config, Backend& backend) {
  const LinearProblem problem = make_linear(config);
  const ResolutionRequest request = make_request(config, problem.model);
  const WallClock clock(std::nullopt);
  const LinearResponse response = resolve_linear(backend, problem, request);
  const double seconds = clock.elapsed();
  const auto bytes = [](const char* key, double size) {
    return Quantity{key, static_cast<std::int64_t>(size), readable_bytes(size)};
  };
  Quantities rows = resolution_rows(response.resolution.collision);
  append(rows, accuracy_rows(response, request));
  append(rows, {bytes("memory_bytes", memory(config, problem, response)),
                bytes("file_bytes", static_cast<double>(file_size(config))),
                {"estimated_seconds", seconds, "about " + readable_duration(seconds)}});
  return rows;
}

}  // namespace

const Job linear_job{"linear", run, validate, file_size, estimate};

}  // namespace kapitza::host
