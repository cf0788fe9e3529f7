"""The style of a page in HTML: light or dark as the reader's system is, and fit to print."""

STYLE = """\
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #fff; --soft: #5b5f6b;
  --line: #d9dbe2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6ea; --paper: #16171b; --soft: #a0a4b0; --line: #33353d; } }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 78rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 1rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; padding-bottom: .2rem;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
h2::first-letter { text-transform: uppercase; }
p { margin: .4rem 0; }
math { font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", math; font-size: 1.1em; }
mtable { text-align: left; }
mtd { text-align: left; padding: .15em .5em; }
.display { display: grid; align-items: center; gap: .45rem .5rem; margin: .5rem 0 1rem;
  grid-template-columns: max-content max-content minmax(0, max-content) minmax(14rem, 1fr); }
.left { text-align: right; }
.right, .whole { overflow-x: auto; overflow-y: hidden; padding: .1rem 0; }
.whole { grid-column: 1 / 4; }
.more { margin-left: 1.5em; }
.reason, .remark { padding-left: 1.5rem; color: var(--soft); }
.verdict { white-space: nowrap; }
table { border-collapse: collapse; margin: .5rem 0; }
th, td { text-align: left; padding: .25rem .75rem; border-bottom: 1px solid var(--line); }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 4px; }
@media (max-width: 64rem) {
  .display { grid-template-columns: max-content max-content minmax(0, 1fr); }
  .display:not(.chain) {
    grid-template-columns: max-content max-content minmax(0, 1fr) max-content; }
  .chain .reason { grid-column: 3; padding: 0 0 .5rem 1rem; } }
@media print {
  :root { --ink: #000; --paper: #fff; --soft: #333; --line: #999; }
  body { font-size: 10pt; } main { max-width: none; padding: 0; }
  .right, .whole { overflow: visible; } h2, h3 { break-after: avoid; } }
"""
