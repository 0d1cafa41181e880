// The 27 features of one channel of a sensor window, for the sets whose publishers give recordings.
// The scheme is that of J. Wang et al., "Stratified Transfer Learning for Cross-domain Activity
// Recognition", PerCom 2018, with the peaks of the one-sided spectrum, so that no bin counts twice.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace sylvester {

inline constexpr int kSignalFeatures = 27;

/// The features of windows of one length n; b = n/2, rounded down.
///
///  0     mean
///  1     standard deviation, divisor n-1
///  2, 3  least and greatest value
///  4     the most frequent value, the least of several
///  5     greatest minus least
///  6     share of the n-1 pairs of neighbours that lie on opposite sides of the mean
///  7     |F[0]|, where F is the discrete Fourier transform without a factor
///  8-12  the five largest of |F[1]| ... |F[b]|, ascending
///  13-17 their bins, in the same order; of equal magnitudes the higher bin counts as larger
///  18    mean of |F[k]|^2 over k = 1 ... n-1
///  19-22 mean, standard deviation, skewness and excess kurtosis of the bin number 1 ... b,
///  weighted
///        by |F|
///  23-26 the same four of the values |F[1]| ... |F[b]|, divisor b
///
/// Skewness and excess kurtosis are 0 and -3 without spread, a weighted mean is 0 without weight.
class SignalFeatures {
 public:
  /// n >= 10, so that there are five bins.
  explicit SignalFeatures(int samples);

  /// Appends the features of `signal`, whose length is n and whose values are finite in float32.
  void append(std::span<const double> signal, std::vector<float>& features);

 private:
  struct Complex {
    double re = 0;
    double im = 0;
  };

  void transform(const double* in, std::size_t stride, Complex* out, std::size_t size,
                 std::size_t level);

  std::size_t size_;
  std::vector<std::size_t> factors_;  ///< primes of the length
  std::vector<Complex> root_;         ///< root_[i] = exp(-2 pi sqrt(-1) i/n)
  std::vector<Complex> spectrum_;
  std::vector<Complex> butterfly_;
  std::vector<double> sorted_;
  std::vector<double> magnitude_;  ///< of bins 0 ... n/2
  std::vector<std::size_t> order_;
};

/// Cuts a recording into windows and takes the features of each channel.
class WindowFeatures {
 public:
  /// Windows of `samples` that begin `step` samples apart.
  WindowFeatures(int samples, int step) : samples_(samples), step_(step), signal_(samples) {}

  /// Appends channel after channel, window after window. Each of `channels` holds one value per
  /// sample of the recording; a rest shorter than a window is left out. Returns the windows.
  int append(std::span<const std::vector<double>> channels, std::vector<float>& features);

 private:
  int samples_;
  int step_;
  SignalFeatures signal_;
};

/// sqrt(x^2 + y^2 + z^2) of each sample.
std::vector<double> magnitude(std::span<const double> x, std::span<const double> y,
                              std::span<const double> z);

}  // namespace sylvester
