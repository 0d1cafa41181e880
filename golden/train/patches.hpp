// Patches of image tensors (im2col) and the sum of patches (col2im, its adjoint). A convolution is
// a matrix product of the patch matrix and the weights.
#pragma once

#include <algorithm>
#include <cstddef>

#include "golden/train/network.hpp"

namespace sylvester {

/// Which part of the input each output position of a window operation reads.
struct PatchShape {
  Shape in;
  Shape out;
  Window window;

  /// Values of a patch, in the order row, column, channel.
  [[nodiscard]] int k() const { return window.kernel.area() * in.channels; }
  /// First row (column) of the input that output row (column) i reads; may lie outside.
  [[nodiscard]] int row(int i) const { return i * window.stride.height - window.pad.height; }
  [[nodiscard]] int column(int i) const { return i * window.stride.width - window.pad.width; }
};

/// Of a convolution or pooling node.
inline PatchShape patch_shape(const Network& network, const Node& node) {
  return {.in = network.node(node.inputs.front()).shape, .out = node.shape, .window = node.window};
}

/// Calls use(in, patch, size) for all runs of `size` values that lie one after the other both in an
/// image and in its patch matrix: `in` and `patch` are their first positions; in = -1: the run lies
/// outside of the image. Output positions in order, then rows of the window.
template <typename Use>
void for_patch_runs(const PatchShape& shape, const Use& use) {
  const int channels = shape.in.channels;
  const int width = shape.window.kernel.width;
  std::ptrdiff_t patch = 0;
  const auto run = [&](std::ptrdiff_t in, int columns) {
    if (columns <= 0) return;
    const auto size = static_cast<std::ptrdiff_t>(columns) * channels;
    use(in, patch, size);
    patch += size;
  };
  for (int oy = 0; oy < shape.out.height; ++oy) {
    for (int ox = 0; ox < shape.out.width; ++ox) {
      const int x0 = shape.column(ox);
      const int left = std::clamp(-x0, 0, width);  // columns before the image
      const int right = std::clamp(x0 + width - shape.in.width, 0, width - left);  // behind it
      for (int ky = 0; ky < shape.window.kernel.height; ++ky) {
        const int y = shape.row(oy) + ky;
        if (y < 0 || y >= shape.in.height) {
          run(-1, width);
          continue;
        }
        run(-1, left);
        run((static_cast<std::ptrdiff_t>(y) * shape.in.width + x0 + left) * channels,
            width - left - right);
        run(-1, right);
      }
    }
  }
}

/// The patch matrix, images·out.positions() x k, of `images` images; 0 outside of an image.
template <typename T>
void gather_patches(const PatchShape& shape, const T* images, int count, T* patches) {
  for (int i = 0; i < count; ++i) {
    for_patch_runs(shape, [&](std::ptrdiff_t in, std::ptrdiff_t patch, std::ptrdiff_t size) {
      if (in < 0) {
        std::fill_n(patches + patch, size, T{});
      } else {
        std::copy_n(images + in, size, patches + patch);
      }
    });
    images += shape.in.size();
    patches += static_cast<std::ptrdiff_t>(shape.out.positions()) * shape.k();
  }
}

/// Every value of an image becomes the sum of what stands for it in the patch matrix, in the order
/// of the output positions, beginning with 0.
template <typename Part, typename Sum>
void sum_patches(const PatchShape& shape, const Part* patches, int count, Sum* images) {
  for (int i = 0; i < count; ++i) {
    std::fill_n(images, shape.in.size(), Sum{});
    for_patch_runs(shape, [&](std::ptrdiff_t in, std::ptrdiff_t patch, std::ptrdiff_t size) {
      if (in < 0) return;
      Sum* sum = images + in;
      const Part* part = patches + patch;
      for (std::ptrdiff_t j = 0; j < size; ++j) sum[j] += part[j];
    });
    images += shape.in.size();
    patches += static_cast<std::ptrdiff_t>(shape.out.positions()) * shape.k();
  }
}

/// Calls use(output row, input row, number in the window) for every element of every window that
/// lies within its image; rows are those of the NHWC matrices.
template <typename Use>
void for_windows(const PatchShape& shape, int images, const Use& use) {
  const Extent kernel = shape.window.kernel;
  int out = 0;
  for (int i = 0; i < images; ++i) {
    const int first = i * shape.in.positions();
    for (int oy = 0; oy < shape.out.height; ++oy) {
      for (int ox = 0; ox < shape.out.width; ++ox, ++out) {
        for (int ky = 0; ky < kernel.height; ++ky) {
          const int y = shape.row(oy) + ky;
          if (y < 0 || y >= shape.in.height) continue;
          for (int kx = 0; kx < kernel.width; ++kx) {
            const int x = shape.column(ox) + kx;
            if (x < 0 || x >= shape.in.width) continue;
            use(out, first + y * shape.in.width + x, ky * kernel.width + kx);
          }
        }
      }
    }
  }
}

/// Calls use(input row, output row) for all output positions of an upsampling, in order.
template <typename Use>
void for_copies(const PatchShape& shape, int images, const Use& use) {
  const Extent factor = shape.window.stride;
  int out = 0;
  for (int i = 0; i < images; ++i) {
    for (int y = 0; y < shape.out.height; ++y) {
      for (int x = 0; x < shape.out.width; ++x) {
        const int row = y / factor.height;
        const int column = x / factor.width;
        use((i * shape.in.height + row) * shape.in.width + column, out++);
      }
    }
  }
}

/// Calls use(input row, output row) for all positions that a shortcut keeps.
template <typename Use>
void for_shortcut(const PatchShape& shape, int images, const Use& use) {
  int out = 0;
  for (int i = 0; i < images; ++i) {
    for (int y = 0; y < shape.out.height; ++y) {
      for (int x = 0; x < shape.out.width; ++x) {
        use((i * shape.in.height + shape.row(y)) * shape.in.width + shape.column(x), out++);
      }
    }
  }
}

}  // namespace sylvester
