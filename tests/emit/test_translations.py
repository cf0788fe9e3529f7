"""Every message has a translation into each language, with the same places, and no other has."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest

import symbackprop as sb
from symbackprop.emit.translations import LANGUAGES, catalogue, read_po, translation
from symbackprop.errors import InputError
from tests.messages import catalogue_path, collected, places, renewed, unmarked

OTHERS = [lang for lang in LANGUAGES if lang != "en"]


def test_the_messages_are_collected() -> None:
    found = collected()
    assert len(found) > 70
    for message in ("chain rule", "gradient in {names}", "forward", "agrees at {points} points"):
        assert message in found
    assert "{note}" not in found
    assert unmarked() == []


@pytest.mark.parametrize("lang", OTHERS)
def test_a_catalogue_holds_every_message_and_no_other(
    lang: str, golden: Callable[[str, str], None]
) -> None:
    golden(f"../../{catalogue_path(lang).relative_to(catalogue_path(lang).parents[4])}",
           renewed(lang))  # fmt: skip
    assert set(catalogue(lang)) == set(collected())


@pytest.mark.parametrize("lang", OTHERS)
def test_every_message_is_translated_with_its_places(lang: str) -> None:
    for english, other in catalogue(lang).items():
        assert other.strip(), f"{english!r} has no translation"
        assert places(other) == places(english), other
        assert english.startswith(" ") == other.startswith(" ")
    same = [e for e, o in catalogue(lang).items() if e == o and any(c.isalpha() for c in e)]
    assert [e for e in same if e.replace("{", " {").split("{")[0].strip()] == []


def test_what_is_missing_and_what_is_stale_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.messages.collected", lambda: {"a new message {x}": "f.py"})
    pairs = dict(read_po(renewed("zh")))
    assert pairs["a new message {x}"] == ""
    assert "chain rule" not in pairs


def test_languages_are_asked_for() -> None:
    assert translation("en")("chain rule") == "chain rule"
    assert translation("zh")("chain rule") == "链式法则"
    assert translation("es")("quotient rule") == "regla del cociente"
    assert translation("es")("no message") == "no message"
    with pytest.raises(InputError, match="'de'; write one of en, zh, es"):
        translation("de")


def test_the_environment_plays_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.setenv(name, "es_ES.UTF-8")
    assert "\nforward\n" in sb.derive("relu").text()


@pytest.mark.parametrize("lang", OTHERS)
def test_pages_are_in_the_language(lang: str) -> None:
    derived = sb.derive("softmax")
    words = translation(lang)
    for text in (derived.text(lang=lang), derived.steps_text(lang=lang), derived.html(lang=lang)):
        assert words("forward") in text
        assert "forward" not in text
    assert words("Jacobian") in derived.jacobian("y", "a").text(lang=lang)
    assert words("Jacobian-vector product") in derived.jvp().text(lang=lang)
    assert words("proved") in derived.steps_text(lang=lang, checks=True)


@pytest.mark.parametrize("line", ['msgid chain', 'msgstr "a" b', '"a"', 'other "a"'])
def test_a_broken_catalogue_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        list(read_po(line))


def test_a_catalogue_is_read_as_gettext_does() -> None:
    head, entry = 'msgid ""\nmsgstr "head\\n"\n', 'msgid "a \\"b\\" "\n"c"\nmsgstr "d\\\\e"\n'
    read = list(read_po(f"{head}\n# why\n#: f.py\n{entry}"))
    assert read == [("", "head\n"), ('a "b" c', "d\\e")]


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="needs gettext")
@pytest.mark.parametrize("lang", OTHERS)
def test_gettext_takes_the_catalogues(lang: str) -> None:
    command = ["msgfmt", "--check-format", "--output-file=/dev/null", str(catalogue_path(lang))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
