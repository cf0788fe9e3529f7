r"""The grammar of LaTeX claims.

A product extends to the next sign at its level, and so does what stands under a \sum. Names are
not looked up here: `x_k`, `Loss` and `ab` are words, and what they mean is decided later.
"""

from __future__ import annotations

from symbackprop.algebra.functions import TABLE

GREEK = (
    "alpha|beta|gamma|delta|varepsilon|epsilon|zeta|eta|vartheta|theta|iota|kappa|lambda|mu|nu|xi|"
    "varpi|pi|varrho|rho|varsigma|sigma|tau|upsilon|varphi|phi|chi|psi|omega|Gamma|Delta|Theta|"
    "Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega|ell|mathcal\\s*\\{\\s*L\\s*\\}|mathcal\\s+L"
)
FUNCTIONS = "|".join(
    sorted((f.latex[1:] for f in TABLE if f.latex.count("\\") == 1), key=len, reverse=True)
)

_OPEN = r"(\\left|\\[bB]igg?[lm]?)?\s*"
_SHUT = r"(\\right|\\[bB]igg?[rm]?)?\s*"
_BLANKS = (
    r"[ \t\r\n~]+|\\[,;:! >]|\\q?quad(?![A-Za-z])|\\(display|text|script)style(?![A-Za-z])|"
    r"\\(no)?limits(?![A-Za-z])"
)

GRAMMAR = rf"""
start: AMP? equation END*
equation: expr (AMP? EQ AMP? expr)*

?expr: sum
sum: signs? term (signs term)*
signs: (PLUS | MINUS)+

term: item              -> one
    | item term         -> beside
    | item SEP term     -> separated
    | big               -> one
    | applied           -> one
?item: factor | marked | nabla
big: BIG script* signs? term
applied: FUNC script* term
marked: PARTIAL factor | PARTIAL sup factor
nabla: NABLA sub factor
?script: sub | sup

?factor: base
    | factor sub         -> with_sub
    | factor sup         -> with_sup
    | factor TOP         -> with_top
    | factor LETTER_T    -> with_letter
    | factor PRIME       -> with_prime

?base: WORD      -> word
    | NUMBER     -> number
    | GREEK      -> greek
    | NAME       -> name
    | ONES       -> ones
    | STYLE LB expr RB   -> styled
    | STYLE WORD         -> styled_letter
    | ACCENT LB expr RB  -> accented
    | ACCENT (WORD | GREEK) -> accented_letter
    | LPAR list RPAR     -> group
    | LSQ list RSQ       -> group
    | LCURLY list RCURLY -> group
    | LB list RB         -> braces
    | LBAR expr RBAR     -> group
    | LCEIL expr RCEIL   -> group
    | FRAC LB list RB LB list RB -> fraction
    | FRACSHORT          -> short_fraction
    | SQRT LB expr RB    -> root
    | SQRT LSQ NUMBER RSQ LB expr RB -> nth_root
    | CASES row (ROW row)* ROW? ENDCASES -> cases

sub: UNDER list RB | SUBSHORT
sup: OVER SEP? expr RB | SUPSHORT
list: inner ("," inner)*
?inner: expr | relation | logic | negation
relation: expr (rel expr)+
!rel: EQ | REL
logic: operand (AND operand)+ | operand (OR operand)+
?operand: expr | relation
negation: NOT factor
row: expr ","? AMP IF? inner END? | expr ","? AMP OTHERWISE END?

PLUS: "+"
MINUS: "-"
EQ: "="
AMP: "&"
END: /[.;,]/
SEP.2: /\\cdot(?![A-Za-z])|\\times(?![A-Za-z])|\\odot(?![A-Za-z])|\\circ(?![A-Za-z])|\*|\/|\\oslash(?![A-Za-z])|\\div(?![A-Za-z])|\\bmod(?![A-Za-z])/
REL.2: /<=|>=|<|>|\\(leqslant|geqslant|leq|geq|neq|le|ge|ne|lt|gt)(?![A-Za-z])|\\not\s*=/
AND.2: /\\(land|wedge)(?![A-Za-z])/
OR.2: /\\(lor|vee)(?![A-Za-z])/
NOT.2: /\\(lnot|neg)(?![A-Za-z])/
BIG.2: /\\(sum|prod|max|min)(?![A-Za-z])/
FUNC.3: /\\ln\s*\\Gamma(?![A-Za-z])|\\({FUNCTIONS}|ln|det|tan|sign|operatorname\s*\{{\s*(sign|max|min)\s*\}})(?![A-Za-z])/
PARTIAL.2: /\\partial(?![A-Za-z])/
NABLA.2: /\\nabla(?![A-Za-z])/
FRAC.2: /\\[dt]?frac(?=\s*\{{)/
FRACSHORT.2: /\\[dt]?frac\s*[A-Za-z0-9]\s*[A-Za-z0-9]/
SQRT.2: /\\sqrt(?![A-Za-z])/
CASES.2: /\\begin\s*\{{cases\}}/
ENDCASES.2: /\\end\s*\{{cases\}}/
ROW.2: /\\\\(\[[^\]]*\])?/
IF.4: /\\(text|mathrm|mbox)\s*\{{\s*(if|for|when|falls)\s*\}}/
OTHERWISE.4: /\\(text|mathrm|mbox)\s*\{{\s*(otherwise|else)\.?\s*\}}/
ONES.4: /\\(mathbf|mathbb|mathds|boldsymbol)\s*(\{{\s*1\s*\}}|1)/
NAME.3: /\\(mathrm|operatorname\*?|text|mathtt|mathsf|mathit|textit|textrm)\s*\{{\s*([A-Za-z0-9]|\\_|_)+\s*\}}/
STYLE.2: /\\(boldsymbol|mathbf|bm|vec|pmb|mathbb)(?![A-Za-z])/
ACCENT.2: /\\(hat|bar|tilde|widehat|widetilde|overline)(?![A-Za-z])/
GREEK.2: /\\({GREEK})(?![A-Za-z])/
WORD: /[A-Za-z]+(\\_[A-Za-z0-9]+)*/
NUMBER: /\d+(\.\d+)?|\.\d+/
UNDER.2: /_\s*\{{/
OVER.2: /\^\s*\{{/
SUBSHORT: /_\s*([A-Za-z0-9]|\\[A-Za-z]+)/
SUPSHORT: /\^\s*([A-Za-z0-9]|\\[A-Za-z]+)/
TOP.4: /\^\s*(\{{\s*\\(top|intercal)\s*\}}|\\(top|intercal)(?![A-Za-z]))/
LETTER_T.4: /\^\s*(\{{\s*(T|\\(mathsf|mathrm|text|mathtt)\s*\{{\s*T\s*\}})\s*\}}|T(?![A-Za-z])|\\(mathsf|mathrm|text)\s*\{{\s*T\s*\}})/
PRIME: /'+/
LPAR.2: /{_OPEN}\(/
RPAR.2: /{_SHUT}\)/
LSQ.2: /{_OPEN}(\[|\\lbrack(?![A-Za-z]))/
RSQ.2: /{_SHUT}(\]|\\rbrack(?![A-Za-z]))/
LCURLY.2: /{_OPEN}\\(\{{|lbrace(?![A-Za-z]))/
RCURLY.2: /{_SHUT}\\(\}}|rbrace(?![A-Za-z]))/
LBAR.3: /\\left\s*(\||\\lvert(?![A-Za-z])|\\vert(?![A-Za-z]))|\\lvert(?![A-Za-z])/
RBAR.3: /\\right\s*(\||\\rvert(?![A-Za-z])|\\vert(?![A-Za-z]))|\\rvert(?![A-Za-z])/
LCEIL.2: /{_OPEN}\\lceil(?![A-Za-z])/
RCEIL.2: /{_SHUT}\\rceil(?![A-Za-z])/
LB: "{{"
RB: "}}"
BLANK: /{_BLANKS}/
%ignore BLANK
"""
