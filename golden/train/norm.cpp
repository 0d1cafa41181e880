#include "golden/train/norm.hpp"

#include <cmath>
#include <cstddef>

namespace sylvester {
namespace {

float inverse_of(float variance) { return 1.0F / std::sqrt(variance + kNormEpsilon); }

void round_all(const double* sums, std::size_t count, double divisor, std::vector<float>& out) {
  out.resize(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(sums[i] / divisor);
}

}  // namespace

void batch_norm(const Node& node, bool of_batch, const FloatMatrix& x, FloatMatrix& y,
                NormState& state) {
  const auto channels = static_cast<std::size_t>(x.cols);
  if (of_batch) {
    std::vector<double>& sums = state.sums;
    sums.assign(channels, 0.0);
    for (int i = 0; i < x.rows; ++i) {
      const float* row = x.row(i);
      for (std::size_t c = 0; c < channels; ++c) sums[c] += row[c];
    }
    round_all(sums.data(), channels, x.rows, state.mean);
    sums.assign(channels, 0.0);
    for (int i = 0; i < x.rows; ++i) {
      const float* row = x.row(i);
      for (std::size_t c = 0; c < channels; ++c) {
        const double distance = double{row[c]} - state.mean[c];
        sums[c] += distance * distance;
      }
    }
    round_all(sums.data(), channels, x.rows, state.variance);
  } else {
    state.mean = node.running_mean;
    state.variance = node.running_variance;
  }
  state.inverse.resize(channels);
  for (std::size_t c = 0; c < channels; ++c) state.inverse[c] = inverse_of(state.variance[c]);
  for (int i = 0; i < x.rows; ++i) {
    const float* from = x.row(i);
    float* to = y.row(i);
    for (std::size_t c = 0; c < channels; ++c) {
      to[c] = (from[c] - state.mean[c]) * (state.inverse[c] * node.weight[c]) + node.bias[c];
    }
  }
}

void batch_norm_gradient(const Node& node, bool of_batch, const NormState& state,
                         const FloatMatrix& x, const FloatMatrix& g, ParameterGradient* parameters,
                         FloatMatrix* dx, std::vector<double>& sums) {
  const auto channels = static_cast<std::size_t>(g.cols);
  sums.assign(2 * channels, 0.0);
  double* of_g = sums.data();
  double* of_product = of_g + channels;
  for (int i = 0; i < g.rows; ++i) {
    const float* gradient = g.row(i);
    const float* row = x.row(i);
    for (std::size_t c = 0; c < channels; ++c) {
      of_g[c] += gradient[c];
      of_product[c] += double{gradient[c]} * ((row[c] - state.mean[c]) * state.inverse[c]);
    }
  }
  if (parameters != nullptr) {
    parameters->weight.integers.clear();
    round_all(of_product, channels, 1.0, parameters->weight.floats);
    round_all(of_g, channels, 1.0, parameters->bias);
  }
  if (dx == nullptr) return;
  for (std::size_t c = 0; c < 2 * channels; ++c) sums[c] = of_batch ? sums[c] / g.rows : 0.0;
  for (int i = 0; i < g.rows; ++i) {
    const float* gradient = g.row(i);
    const float* row = x.row(i);
    float* to = dx->row(i);
    for (std::size_t c = 0; c < channels; ++c) {
      const float normalised = (row[c] - state.mean[c]) * state.inverse[c];
      const float centred = (gradient[c] - static_cast<float>(of_g[c])) -
                            normalised * static_cast<float>(of_product[c]);
      to[c] = (state.inverse[c] * node.weight[c]) * centred;
    }
  }
}

void learn_statistics(const NormState& state, int rows, Node& node) {
  const float unbiased = rows > 1 ? static_cast<float>(rows) / static_cast<float>(rows - 1) : 1.0F;
  const auto move = [](float& running, float value) {
    running = (1.0F - kStatisticsRate) * running + kStatisticsRate * value;
  };
  for (std::size_t c = 0; c < node.running_mean.size(); ++c) {
    move(node.running_mean[c], state.mean[c]);
    move(node.running_variance[c], state.variance[c] * unbiased);
  }
}

void layer_norm(const Node& node, const FloatMatrix& x, FloatMatrix& y, NormState& state) {
  const auto channels = static_cast<std::size_t>(x.cols);
  const auto rows = static_cast<std::size_t>(x.rows);
  state.mean.resize(rows);
  state.variance.resize(rows);
  state.inverse.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const float* from = x.row(static_cast<int>(i));
    float* to = y.row(static_cast<int>(i));
    double sum = 0.0;
    for (std::size_t c = 0; c < channels; ++c) sum += from[c];
    state.mean[i] = static_cast<float>(sum / x.cols);
    sum = 0.0;
    for (std::size_t c = 0; c < channels; ++c) {
      const double distance = double{from[c]} - state.mean[i];
      sum += distance * distance;
    }
    state.variance[i] = static_cast<float>(sum / x.cols);
    state.inverse[i] = inverse_of(state.variance[i]);
    for (std::size_t c = 0; c < channels; ++c) {
      to[c] = ((from[c] - state.mean[i]) * state.inverse[i]) * node.weight[c] + node.bias[c];
    }
  }
}

void layer_norm_gradient(const Node& node, const NormState& state, const FloatMatrix& x,
                         const FloatMatrix& g, ParameterGradient* parameters, FloatMatrix* dx,
                         std::vector<double>& sums) {
  const auto channels = static_cast<std::size_t>(g.cols);
  sums.assign(2 * channels, 0.0);
  double* of_bias = sums.data();
  double* of_weight = of_bias + channels;
  for (std::size_t i = 0; i < static_cast<std::size_t>(g.rows); ++i) {
    const float* gradient = g.row(static_cast<int>(i));
    const float* row = x.row(static_cast<int>(i));
    const auto normalised = [&](std::size_t c) {
      return (row[c] - state.mean[i]) * state.inverse[i];
    };
    double of_g = 0.0;
    double of_product = 0.0;
    for (std::size_t c = 0; c < channels; ++c) {
      of_bias[c] += gradient[c];
      of_weight[c] += double{gradient[c]} * normalised(c);
      const double scaled = double{gradient[c]} * node.weight[c];
      of_g += scaled;
      of_product += scaled * normalised(c);
    }
    if (dx == nullptr) continue;
    const auto mean_g = static_cast<float>(of_g / g.cols);
    const auto mean_product = static_cast<float>(of_product / g.cols);
    float* to = dx->row(static_cast<int>(i));
    for (std::size_t c = 0; c < channels; ++c) {
      const float centred = (gradient[c] * node.weight[c] - mean_g) - normalised(c) * mean_product;
      to[c] = state.inverse[i] * centred;
    }
  }
  if (parameters == nullptr) return;
  parameters->weight.integers.clear();
  round_all(of_weight, channels, 1.0, parameters->weight.floats);
  round_all(of_bias, channels, 1.0, parameters->bias);
}

}  // namespace sylvester
