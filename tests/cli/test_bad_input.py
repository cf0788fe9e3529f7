"""Every malformed request: one clear line on stderr, the right code, nothing on stdout."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import run

LAYER_FILE = """
import numpy as np

def loss(a, t):
    y = np.exp(a) / np.sum(np.exp(a))
    return -np.sum(t * np.log(y))

def misfit(x, W):
    h = x * 2
    return h @ W

def unsupported(x):
    return np.sum(np.convolve(x, x))

def leaves(x):
    raise SystemExit(0)

def branch(x):
    if x > 0:
        return x
    return -x
"""


@pytest.fixture
def layer_file(tmp_path: Path) -> Path:
    path = tmp_path / "mylayer.py"
    path.write_text(LAYER_FILE, encoding="utf-8")
    (tmp_path / "broken.py").write_text("def loss(a:\n", encoding="utf-8")
    return path


# arguments, exit code, what the line must say
CASES = [
    (["derive", "softmaxce"], 2, ["'softmaxce'", "softmax-ce"]),
    (["derive", "zzzzz"], 2, ["'zzzzz'", "symbackprop list"]),
    (["verify", "softmx"], 2, ["'softmx'", "softmax"]),
    (["derive"], 2, ["NAME"]),
    (["derive", "softmax-ce", "--colour"], 2, ["--colour"]),
    (["deriv", "softmax-ce"], 2, ["deriv"]),
    (["derive", "softmax-ce", "--wrt", "z"], 2, ["'z'", "a"]),
    (["derive", "softmax-ce", "--wrt", "a,,t"], 2, ["--wrt"]),
    (["derive", "softmax-ce", "--wrt", "a", "--wrt", "a"], 2, ["--wrt", "'a' twice"]),
    (["derive", "softmax", "--jacobian", "y,a", "--jacobian", "y,a"], 2, ["--jacobian", "twice"]),
    (["derive", "softmax-ce", "--batch", "N", "--batch", "M"], 2, ["--batch", "'N,M'"]),
    (["derive", "softmax-ce", "--rename", "a=z", "--rename", "a=u"], 2, ["'a' two names"]),
    (["derive", "softmax-ce", "--rename", "q=z"], 2, ["q"]),
    (["derive", "softmax-ce", "--rename", "a"], 2, ["a"]),
    (["derive", "softmax-ce", "--rename", "a=t"], 2, ["t"]),
    (["derive", "softmax-ce", "--shape", "q=n"], 2, ["'q'", "a, t"]),
    (["derive", "softmax-ce", "--shape", "a=n+1"], 2, ["n+1"]),
    (["derive", "softmax-ce", "--shape", "a=n//2"], 2, ["n//2"]),
    (["derive", "softmax-ce", "--shape", "a=m"], 2, ["m", "n"]),
    (["derive", "softmax-ce", "--shape", "a=n", "--shape", "a=m"], 2, ["twice"]),
    (["derive", "softmax-ce", "--batch", "n"], 2, ["n"]),
    (["derive", "softmax-ce", "--batch", "2"], 2, ["--batch"]),
    (["derive", "affine-batch", "--batch", "B"], 2, ["affine-batch", "B=x"]),
    (["derive", "softmax-ce", "--assume", "sum(q) == 1"], 2, ["q"]),
    (["derive", "softmax-ce", "--json", "--notation", "matrix"], 2, ["--markdown and --html"]),
    (["derive", "softmax-ce", "--steps", "--numpy"], 2, ["--steps", "--latex"]),
    (["derive", "softmax-ce", "--steps", "--hessian", "a"], 2, ["--steps", "gradients"]),
    (["derive", "softmax-ce", "--fast"], 2, ["--fast", "--numpy"]),
    (["derive", "softmax-ce", "--exact"], 2, ["--exact", "--numpy", "--c"]),
    (["derive", "softmax-ce", "--exact", "--numpy", "--hvp", "a"], 2, ["--exact", "gradients"]),
    (["derive", "softmax-ce", "--extended"], 2, ["--extended", "--numpy"]),
    (["derive", "softmax-ce", "--extended", "--c"], 2, ["--extended", "--numpy"]),
    (["derive", "softmax-ce", "--extended", "--numpy", "--fast"], 2, ["--extended", "--fast"]),
    (["verify", "softmax-ce", "--extended", "--target", "c"], 2, ["--extended", "numpy"]),
    (["derive", "softmax-ce", "--fast", "--numpy", "--hvp", "a"], 2, ["--fast", "gradients"]),
    (["derive", "softmax-ce", "--c", "--hvp", "a"], 2, ["--hvp", "--c", "gradients"]),
    (["derive", "softmax-ce", "--c", "--steps"], 2, ["--steps", "--latex"]),
    (["derive", "softmax-ce", "--c", "-o", "loss.py"], 2, ["--c", ".py"]),
    (["derive", "Y = X @ W", "--shape", "X=N,d", "--shape", "W=d,m", "--c"], 1, ["no loop"]),
    (["derive", "softmax-ce", "--show-checks"], 2, ["--show-checks", "--steps"]),
    (["derive", "softmax", "--jacobian", "y"], 2, ["--jacobian"]),
    (["derive", "softmax", "--jacobian", "y,q"], 2, ["q"]),
    (["derive", "softmax", "--jacobian", "y,a", "--hvp", "a"], 2, ["--jacobian", "--hvp"]),
    (["derive", "softmax", "--hvp", "a"], 2, ["no single scalar output"]),
    (["derive", "softmax", "--jvp", "q"], 2, ["'q'"]),
    (["derive", "softmax-ce", "--hvp", "y"], 2, ["y is computed"]),
    (["derive", "y = exp(a)"], 2, ["a", "--shape"]),
    (["derive", "y = a @ b", "--shape", "a=n", "--shape", "b=m"], 2, ["(n,)", "(m,)"]),
    (["derive", "y = fft(a)", "--shape", "a=n"], None, ["fft"]),
    (["derive", "y = exp(a", "--shape", "a=n"], 2, ["exp(a"]),
    (["derive", ""], 2, []),
    (["derive", "nowhere.py:loss"], 2, ["nowhere.py"]),
    (["verify"], 2, ["--all"]),
    (["verify", "softmax", "--all"], 2, ["--all"]),
    (["verify", "--all", "--wrt", "a"], 2, ["--wrt"]),
]


@pytest.mark.parametrize(("arguments", "code", "says"), CASES, ids=lambda v: str(v)[:60])
def test_one_line_and_a_code(arguments: list[str], code: int | None, says: list[str]) -> None:
    done = run(*arguments)
    done.failed(code, *says)


# target, further arguments, exit code, what the line must say
FILES = [
    ("mylayer.py:los", (), 2, ["los", "loss"]),
    ("mylayer.py", (), 2, ["mylayer.py", "file.py:function"]),
    ("mylayer.py:", (), 2, ["file.py:function"]),
    ("broken.py:loss", (), 2, ["broken.py", "line 1"]),
    ("mylayer.py:loss", (), 2, ["a", "--shape"]),
    ("mylayer.py:loss", ("--shape", "a=n"), 2, ["t"]),
    ("mylayer.py:loss", ("--shape", "a=n", "--shape", "t=m"), 2, ["(n,)", "(m,)", "line 6"]),
    ("mylayer.py:misfit", ("--shape", "x=N,D", "--shape", "W=M,D"), 2, ["(N, D)", "(M, D)", "10"]),
    ("mylayer.py:unsupported", ("--shape", "x=n"), 1, ["convolve", "line 13"]),
    ("mylayer.py:leaves", ("--shape", "x=n"), 2, ["SystemExit", "line 16"]),
    ("mylayer.py:branch", ("--shape", "x="), 1, ["line 19", "where"]),
]


@pytest.mark.parametrize(("target", "more", "code", "says"), FILES)
def test_a_users_file(
    layer_file: Path, target: str, more: tuple[str, ...], code: int, says: list[str]
) -> None:
    done = run("derive", target, *more, cwd=layer_file.parent)
    done.failed(code, *says)


INJECTIONS = [
    "__import__('os').system('touch {mark}')",
    "y = __import__('os').system('touch {mark}')",
    "exec(\"open('{mark}', 'w')\")",
    "open('{mark}', 'w')",
    "(lambda: open('{mark}', 'w'))()",
    "[open('{mark}', 'w') for _ in (1,)]",
    "a.__class__.__init__.__globals__",
    "f'{{open(\"{mark}\", \"w\")}}'",
    "np.exp.__self__",
    "y = (z := open('{mark}', 'w'))",
]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("place", ["expression", "assumption", "shape", "name", "rename", "batch"])
def test_code_in_a_text_is_refused_and_never_run(tmp_path: Path, place: str, text: str) -> None:
    mark = tmp_path / "mark"
    text = text.format(mark=mark)
    arguments = {
        "expression": (text, "--shape", "a=n"),
        "assumption": ("softmax-ce", "--assume", f"{text} == 1"),
        "shape": ("softmax-ce", "--shape", f"a={text}"),
        "name": ("softmax-ce", "--shape", f"{text}=n"),
        "rename": ("softmax-ce", "--rename", f"a={text}"),
        "batch": ("softmax-ce", "--batch", text),
    }[place]
    run("derive", *arguments, cwd=tmp_path).failed(2)
    assert not mark.exists()


@pytest.mark.parametrize(
    "text", ["(" * 3000 + "a" + ")" * 3000, "-" * 5000 + "a", "a+" * 9000 + "a"], ids=len
)
def test_a_text_that_is_too_deep_or_too_long_is_refused(text: str) -> None:
    run("derive", "--shape", "a=n", "--", text).failed(2)


def test_control_characters_of_the_user_do_not_reach_the_terminal() -> None:
    done = run("derive", "y = a\x1b[31m + \n b", "--shape", "a=n")
    done.failed(2)
    assert "\x1b" not in done.stderr
