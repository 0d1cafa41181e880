#!/usr/bin/env python3
"""Records a quantised PyTorch trainer by hooks on its layers, without a change of the trainer.

    torch_hooks.py trace.npz [--steps N] [--error wrap|truncate]
    sylvester verify fqt --trace trace.npz

The trainer: a network of two layers with 4-bit operands and 8-bit saturating registers in all three
GEMMs. Its forward operands are rounded to nearest and recorded at all three levels of
docs/traces.md; its gradients are rounded with PyTorch's own random numbers, which nobody else can
draw again, so backward GEMMs are recorded as codes and results.

--error makes the trainer wrong: registers that wrap, or forward codes that are cut off instead of
rounded.
"""

import argparse
import json

import numpy as np
import torch

POLICY = {"policy": "saturate", "bits": 8, "tile": 32, "outer_bits": 24}


# ---- The trainer -------------------------------------------------------------------------------


class Arithmetic:
    """4-bit operands, 8-bit registers."""

    def __init__(self, error=None):
        self.error = error

    @staticmethod
    def to_wide(x):
        """float32 -> 16-bit mantissas and an exponent (rule WIDE-2)."""
        exponent = int(torch.frexp(x.abs().max()).exponent) - 15
        mantissas = torch.round(x.double() * 2.0 ** -exponent).clamp(-32767, 32767)
        return mantissas.to(torch.int64), exponent

    def to_codes(self, mantissas, largest, stochastic=False):
        """Mantissas -> codes and d/n of the scale rule max (rules PRE-3 and PRE-4)."""
        maximum = int(mantissas.abs().max())
        if maximum == 0:
            return torch.zeros_like(mantissas), 1.0
        scaled = mantissas.abs() * largest
        q = torch.div(scaled, maximum, rounding_mode="floor")
        rest = scaled - q * maximum
        if stochastic:
            up = torch.rand(rest.shape) < rest / maximum
        elif self.error == "truncate":
            up = torch.zeros_like(rest, dtype=torch.bool)
        else:
            up = (2 * rest > maximum) | ((2 * rest == maximum) & (q % 2 == 1))
        codes = mantissas.sign() * (q + up).clamp(max=largest)
        return codes, maximum / largest

    def gemm(self, a, b):
        """C = A B^T in tiles (rules ACC-1, ACC-2 and ACC-6); nothing reaches the outer limit."""
        half = 1 << (POLICY["bits"] - 1)
        outer = torch.zeros(len(a), len(b), dtype=torch.int64)
        acc = torch.zeros_like(outer)
        for k in range(a.shape[1]):
            if k % POLICY["tile"] == 0:
                outer, acc = outer + acc, torch.zeros_like(acc)
            acc = acc + torch.outer(a[:, k], b[:, k])
            if self.error == "wrap":
                acc = (acc + half) % (2 * half) - half
            else:
                acc = acc.clamp(-half, half - 1)
        return outer + acc


class QuantisedProduct(torch.autograd.Function):
    """Y = X W^T, dX = G W and dW = G^T X, each of them a quantised GEMM."""

    @staticmethod
    def forward(ctx, x, weight, layer):
        ctx.save_for_backward(x, weight)
        ctx.layer = layer
        return layer.product("forward", x, weight, stochastic=False)

    @staticmethod
    def backward(ctx, gradient):
        x, weight = ctx.saved_tensors
        product = ctx.layer.product
        return (product("input_gradient", gradient, weight.t(), stochastic=True),
                product("weight_gradient", gradient.t(), x.t(), stochastic=True), None)


class QuantisedLinear(torch.nn.Module):
    """A layer without bias. `products` holds what the last pass multiplied, for whoever asks."""

    def __init__(self, inputs, outputs, arithmetic):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(outputs, inputs) / inputs**0.5)
        self.arithmetic = arithmetic
        self.products = {}

    def forward(self, x):
        return QuantisedProduct.apply(x, self.weight, self)

    def product(self, kind, a, b, stochastic):
        record = {"floats": [], "mantissas": [], "exponents": [], "codes": [], "formats": []}
        scale = 1.0
        for tensor in (a, b):
            unsigned = kind == "forward" and tensor is a and bool((a >= 0).all())
            mantissas, exponent = self.arithmetic.to_wide(tensor)
            codes, step = self.arithmetic.to_codes(mantissas, 15 if unsigned else 7, stochastic)
            scale *= step * 2.0**exponent
            for name, value in (("floats", tensor.detach()), ("mantissas", mantissas),
                                ("exponents", exponent), ("codes", codes),
                                ("formats", "u4" if unsigned else "i4")):
                record[name].append(value)
        record["values"] = self.arithmetic.gemm(*record["codes"])
        self.products[kind] = record
        return record["values"].float() * scale


# ---- The hooks ---------------------------------------------------------------------------------


class TraceHooks:
    """Collects the products of layers as jobs of a trace."""

    def __init__(self, model):
        self.jobs, self.arrays, self.step = [], {}, 0
        for name, layer in model.named_modules():
            if not isinstance(layer, QuantisedLinear):
                continue
            layer.register_forward_hook(
                lambda module, inputs, output, name=name: self.add(name, module, "forward"))
            layer.weight.register_hook(
                lambda gradient, name=name, layer=layer: self.add_backward(name, layer))

    def add_backward(self, name, layer):
        for kind in ("input_gradient", "weight_gradient"):
            self.add(name, layer, kind)

    def add(self, layer_name, layer, kind):
        record = layer.products[kind]
        name = f"step{self.step}.layer{layer_name}.{kind}"
        job = {"name": name, **POLICY}
        for i, operand in enumerate("ab"):
            recipe = {"format": record["formats"][i]}
            job[operand] = {"recipe": recipe}
            self.arrays[f"{name}/{operand}/codes"] = record["codes"][i].numpy().astype(np.int8)
            if kind != "forward":
                continue
            recipe.update({"block_rule": "none", "scale": "max", "rounding": "nearest"})
            job[operand]["scale"] = {"num": 1, "den": 1, "exponent": record["exponents"][i]}
            self.arrays[f"{name}/{operand}/x"] = record["floats"][i].numpy().copy()
            self.arrays[f"{name}/{operand}/mantissas"] = (
                record["mantissas"][i].numpy().astype(np.int16))
        self.arrays[f"{name}/values"] = record["values"].numpy().astype(np.int32)
        self.jobs.append(job)

    def save(self, file):
        head = {"format": "sylvester-trace", "version": 1, "made_by": "torch_hooks.py",
                "jobs": self.jobs}
        np.savez_compressed(file, trace=json.dumps(head), **self.arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--error", choices=["wrap", "truncate"])
    arguments = parser.parse_args()

    torch.manual_seed(1)
    arithmetic = Arithmetic(arguments.error)
    model = torch.nn.Sequential(QuantisedLinear(75, 40, arithmetic), torch.nn.ReLU(),
                                QuantisedLinear(40, 5, arithmetic))
    hooks = TraceHooks(model)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    x = torch.randn(33, 75) + 0.5
    labels = torch.arange(33) % 5
    for step in range(arguments.steps):
        hooks.step = step
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(x), labels).backward()
        optimiser.step()
    hooks.save(arguments.file)


if __name__ == "__main__":
    main()
