#!/usr/bin/env python3
"""Checks the include graph of the repository.

1. A layer includes only the layers that it may know (MAY_INCLUDE).
2. sim/cycles (the closed form of the cycle counts) and the rest of sim do not see each other.
3. Folders do not include each other in a circle.

Unit tests (*_test.cpp) of sim may compare the model with the closed form; they take no part in 3.
"""

import pathlib
import re
import sys

MAY_INCLUDE = {
    "golden": {"golden"},
    "sim/cycles": {"golden", "sim/cycles"},
    "sim/energy": {"golden", "sim/energy"},
    "sim": {"golden", "sim"},
    "rtl_gen": {"golden", "rtl_gen"},
    "testbenches": {"golden", "sim", "sim/cycles", "rtl_gen", "testbenches"},
    "benchmarks": {"golden", "benchmarks"},
    "cli": {"golden", "sim", "sim/cycles", "sim/energy", "rtl_gen", "testbenches", "cli"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


def layer_of(path):
    for layer in ("sim/cycles", "sim/energy"):
        if path.startswith(layer + "/"):
            return layer
    return path.split("/", 1)[0]


def included_files(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1)


def find_circle(edges):
    """Returns a circle of folders as a list, or None."""
    state = {}
    stack = []

    def visit(folder):
        state[folder] = "open"
        stack.append(folder)
        for target in sorted(edges.get(folder, ())):
            if state.get(target) == "open":
                return stack[stack.index(target):] + [target]
            if target not in state:
                circle = visit(target)
                if circle:
                    return circle
        stack.pop()
        state[folder] = "done"
        return None

    for folder in sorted(edges):
        if folder not in state:
            circle = visit(folder)
            if circle:
                return circle
    return None


def check(root):
    problems = []
    edges = {}
    files = 0
    for top in ("golden", "sim", "rtl_gen", "testbenches", "benchmarks", "cli"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".cpp", ".hpp"):
                continue
            name = path.relative_to(root).as_posix()
            if name.startswith("testbenches/harness/"):
                continue  # compiled at run time, beside the generated files that it includes
            files += 1
            is_test = name.endswith("_test.cpp")
            layer = layer_of(name)
            allowed = set(MAY_INCLUDE[layer])
            if is_test and layer in ("sim", "sim/cycles"):
                allowed |= {"sim", "sim/cycles"}
            for number, target in included_files(path):
                if not (root / target).is_file():
                    problems.append(f"{name}:{number}: \"{target}\" is not a file of the "
                                    "repository; includes begin at its root")
                    continue
                if layer_of(target) not in allowed:
                    problems.append(f"{name}:{number}: {layer} must not include {target}; "
                                    f"allowed: {', '.join(sorted(allowed))}")
                folder, target_folder = (str(pathlib.PurePosixPath(p).parent)
                                         for p in (name, target))
                if not is_test and folder != target_folder:
                    edges.setdefault(folder, set()).add(target_folder)
    circle = find_circle(edges)
    if circle:
        problems.append("folders include each other in a circle: " + " -> ".join(circle))
    return files, problems


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    files, problems = check(root)
    for problem in problems:
        print(problem)
    if not files:
        print(f"{root}: no sources found")
    print(f"{files} files, {len(problems)} problems")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
