"""Ratios to what one would run instead: a line each, and a failure where a target is missed."""

import importlib
import pkgutil
import sys

import tests.benchmarks

missed = False
for module in pkgutil.iter_modules(tests.benchmarks.__path__):
    if module.name != "__main__":
        benchmark = importlib.import_module(f"tests.benchmarks.{module.name}")
        ratio = benchmark.ratio()
        missed |= ratio > benchmark.TARGET
        print(
            f"{benchmark.NAME}: ratio {ratio:.2f}, target at most {benchmark.TARGET:.2f}",
            flush=True,
        )
sys.exit(1 if missed else 0)
