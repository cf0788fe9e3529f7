"""What a claim needs, what follows, how sure the verdict is, and what it says to programs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import symbackprop as sb
from symbackprop.claims.case import Case
from symbackprop.claims.engine import Engine
from symbackprop.claims.judge import judged
from symbackprop.claims.setting import setting
from symbackprop.emit.page import Chain, Heading, Page
from symbackprop.verify.exact import AGREES, INCONCLUSIVE, PROVED

TWO = {"shapes": {"a": ("n",), "t": ("n",), "u": ("n",)},
       "assume": ["sum(t) == 1", "sum(u) == 2"], "wrt": ["a"]}  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "needs"),
    [
        ("u", ()),
        ("u*sum(t)", ("sum(t) == 1",)),
        ("u*sum(u)/2", ("sum(u) == 2",)),
        ("u*(sum(t) + sum(u))/3", ("sum(t) == 1", "sum(u) == 2")),
        ("u*sum(t)*2/sum(u)", ("sum(t) == 1", "sum(u) == 2")),
    ],
)
def test_the_facts_are_the_fewest_that_suffice(claim: str, needs: tuple[str, ...]) -> None:
    found = sb.derive("L = sum(a*u) + 0*sum(t)", **TWO).check(claim)
    assert (found.verdict, found.facts) == ("proved", needs)


def test_a_gradient_by_its_name_means_the_same_with_and_without_a_fact() -> None:
    derived = sb.derive("softmax-regression")
    found = derived.check("x.T @ da", "W")
    assert (found.verdict, found.facts) == ("proved", ())
    assert derived.check("da = (y - t)/N").facts == ("sum(t, axis=1) == 1",)


def test_what_follows_from_the_definitions_is_told_too() -> None:
    found = sb.derive("softmax").check("y*(dy*sum(y) - sum(dy*y))")
    assert (found.verdict, found.facts) == ("proved", ())
    assert [f.text for f in found.outcome.facts] == ["sum(y) == 1"]
    assert "from the definitions" in found.text()


def test_what_the_field_cannot_tell_is_compared_to_fifty_digits() -> None:
    derived = sb.derive("y = exp(x); L = sum(y)", shapes={"x": ("n",)})
    found = derived.check("exp(x/2)*sin(x)**2*exp(x/2) + exp(x)*cos(x)**2")
    assert found.verdict == AGREES
    assert found.ok
    assert "agree to 50 digits at" in found.text()


def test_a_claim_that_the_engine_proves_is_proved_where_the_field_has_no_roots() -> None:
    derived = sb.derive("y = x**1.5; L = sum(y)", shapes={"x": ("n",)}, assume=["x > 0"])
    assert derived.check("1.5*sqrt(x)").verdict == PROVED
    assert derived.check("1.5*sqrt(x)*1.01").verdict == "false"


def test_a_bound_of_the_forward_pass_is_seen_on_both_sides() -> None:
    """relu6 is flat above 6, where points of size 1 never come."""
    derived = sb.derive("relu6")
    assert derived.check("dy*(x > 0)").verdict == "false"
    assert derived.check("dy*(x > 0)*(x < 6)").ok
    assert sb.derive("hard-sigmoid").check("dy/6").verdict == "false"


def test_a_claim_that_holds_at_one_size_only_is_false() -> None:
    derived = sb.derive("y = mean(x); L = y*y", shapes={"x": ("n",)})
    assert derived.check("2*y/n").ok
    found = derived.check("2*y")
    assert found.verdict == "false"
    assert found.counterexample is not None
    assert found.counterexample["sizes"]["n"] > 1


def test_where_the_derivation_and_the_forward_pass_disagree_there_is_no_verdict() -> None:
    """A truth that is corrupted is noticed, for true claims and for false ones."""
    derived = sb.derive("softmax")
    from symbackprop.claims.check import session
    from symbackprop.claims.read import Asked, read_claim

    found = session(derived.source, ["a"], {})
    for text in ("y*(dy - sum(dy*y))", "2*y*(dy - sum(dy*y))"):
        claim = read_claim(text, found.truth, found.vocabulary, Asked("a"))
        right = claim.rights[0]
        wrong = replace(right, truth=2 * right.truth)
        case = Case(wrong, claim.target, found.truth, found.comparer)
        outcome = judged(case)
        assert outcome.verdict == INCONCLUSIVE
        assert "complex step" in outcome.comparison.reason


def test_the_engine_needs_the_fact_that_it_says() -> None:
    derived = sb.derive("softmax-ce")
    found = setting(derived.source, ["a"])
    target = found.drafts[-1]
    y, t = (found.forward.array(name) for name in "yt")
    assert y is not None
    assert t is not None
    claim = y[target.indices] - t[target.indices]
    with_it = Engine(found, found.equations).proof(claim, target.state.expr, target.indices)
    assert with_it is not None
    assert [f.text for f in with_it.facts] == ["sum(t) == 1"]
    assert Engine(found, ()).proof(claim, target.state.expr, target.indices) is None


def test_the_json_has_everything() -> None:
    record = json.loads(sb.derive("softmax-ce").check("-t*(1-y)", "a").json())
    assert record["verdict"] == "false"
    assert record["ok"] is False
    assert record["read"]["text"] == "da[k] = -t[k]*(1 - y[k])"
    assert record["true"]["latex"] == r"\frac{\partial L}{\partial a_{k}} = y_{k} - t_{k}"
    assert [r["kind"] for r in record["reasons"]] == ["diagonal", "components"]
    assert record["difference"] == "y[k]*(1 - t[k])"
    assert record["counterexample"]["sizes"] == {"n": 2}
    true = json.loads(sb.derive("softmax-ce").check("y - t", "a").json())
    assert (true["ok"], true["needs"]) == (True, ["sum(t) == 1"])
    assert true["counterexample"] is None


def test_the_page_is_made_of_blocks() -> None:
    page = sb.derive("softmax-ce").check("-t*(1-y)", "a").page()
    assert isinstance(page, Page)
    headings = [b.words.template for b in page.blocks if isinstance(b, Heading)]  # type: ignore[union-attr]
    assert headings == ["the claim", "counterexample", "why", "true form"]


@pytest.mark.parametrize("claim", ["y - t", "-t*(1-y)", "y", "Σ_j t[j]·y[k]"])
def test_the_ascii_text_is_ascii_and_no_line_is_too_long(claim: str) -> None:
    found = sb.derive("softmax-ce").check(claim, "a")
    assert found.text(unicode=False).isascii()
    assert max(map(len, found.text().splitlines())) <= 80


def test_the_true_form_has_the_letters_of_the_claim() -> None:
    text = sb.derive("affine-batch").check(r"\frac{\partial L}{\partial W_{pq}} = x_{1p}").text()
    assert "dW[p,q] = Σ_i x[i,p]·dz[i,q]" in text


def test_the_gradients_that_the_true_form_speaks_of_stand_above_it() -> None:
    text = sb.derive("logistic-regression").check("x.T @ (y - t)", "w").text()
    form = text.partition("true form\n")[2]
    assert form.splitlines()[0].strip() == "dz[k] = (y[k] - t[k])/N"
    assert form.splitlines()[1].strip() == "dw[k] = Σ_j dz[j]·x[j,k]"


def test_the_steps_lead_from_the_chain_rule_to_the_claim() -> None:
    found = sb.derive("softmax-ce").check("softmax(a) - t", "a")
    text = found.text(steps=True)
    assert text.index("da[k] = Σ_j dy[j]·(∂y[j]/∂a[k])") < text.index("= y[k] - t[k]\n")
    last = "      = exp(a[k]) / Σ_j exp(a[j]) - t[k]\n"
    assert f"= y[k] - t[k]\n          Σ_k t[k] = 1 (assumed)\n{last}" in text
    chains = [b for b in found.page(steps=True).blocks if isinstance(b, Chain)]
    assert [c.left.text for c in chains] == ["dy[k]", "da[k]"]
    assert chains[-1].rows[-1].right.text == "exp(a[k]) / Σ_j exp(a[j]) - t[k]"


def test_the_steps_have_the_letters_of_the_claim_and_only_true_claims_have_some() -> None:
    derived = sb.derive("affine-batch")
    found = derived.check("dW_pq = sum_n x_np*dz_nq")
    (chain,) = [b for b in found.page(steps=True).blocks if isinstance(b, Chain)]
    assert chain.left.text == "dW[p,q]"
    assert chain.rows[-1].right.text == "Σ_i x[i,p]·dz[i,q]"
    false = derived.check("dW_pq = sum_n x_np*dz_nq*2")
    assert "steps" not in false.text(steps=True)
    value = sb.derive("softmax").check("y = softmax(a)")
    assert value.ok
    assert "steps" not in value.text(steps=True)
