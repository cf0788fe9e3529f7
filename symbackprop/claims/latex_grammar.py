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

_END = r"(?![A-Za-z])"
_OPEN = r"(\\left|\\[bB]igg?[lm]?)?\s*"
_SHUT = r"(\\right|\\[bB]igg?[rm]?)?\s*"
_UPRIGHT = r"\\(mathrm|operatorname\*?|text|mathtt|mathsf|mathit|textit|textrm|mbox)\s*\{"
_T = r"(T|\\(mathsf|mathrm|text|mathtt)\s*\{\s*T\s*\})"
_TOP = r"\\(top|intercal)"
_SEP = r"\\(cdot|times|odot|circ|oslash|div|bmod)"
_REL = r"\\(leqslant|geqslant|leq|geq|neq|le|ge|ne|lt|gt)"
_OPERATOR = r"operatorname\s*\{\s*(sign|max|min)\s*\}"
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
    | LPAR items RPAR     -> group
    | LSQ items RSQ       -> group
    | LCURLY items RCURLY -> group
    | LB items RB         -> braces
    | LBAR expr RBAR     -> group
    | LCEIL expr RCEIL   -> group
    | FRAC LB items RB LB items RB -> fraction
    | FRACSHORT          -> short_fraction
    | SQRT LB expr RB    -> root
    | SQRT LSQ NUMBER RSQ LB expr RB -> nth_root
    | CASES row (ROW row)* ROW? ENDCASES -> cases

sub: UNDER items RB | SUBSHORT
sup: OVER SEP? expr RB | SUPSHORT
items: inner ("," inner)*
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
SEP.2: /{_SEP}{_END}|\*|\//
REL.2: /<=|>=|<|>|{_REL}{_END}|\\not\s*=/
AND.2: /\\(land|wedge){_END}/
OR.2: /\\(lor|vee){_END}/
NOT.2: /\\(lnot|neg){_END}/
BIG.2: /\\(sum|prod|max|min){_END}/
FUNC.3: /\\ln\s*\\Gamma{_END}|\\({FUNCTIONS}|ln|det|tan|sign){_END}|\\{_OPERATOR}/
PARTIAL.2: /\\partial{_END}/
NABLA.2: /\\nabla{_END}/
FRAC.2: /\\[dt]?frac(?=\s*\{{)/
FRACSHORT.2: /\\[dt]?frac\s*[A-Za-z0-9]\s*[A-Za-z0-9]/
SQRT.2: /\\sqrt{_END}/
CASES.2: /\\begin\s*\{{cases\}}/
ENDCASES.2: /\\end\s*\{{cases\}}/
ROW.2: /\\\\(\[[^\]]*\])?/
IF.4: /{_UPRIGHT}\s*(if|for|when)\s*\}}/
OTHERWISE.4: /{_UPRIGHT}\s*(otherwise|else)\.?\s*\}}/
ONES.4: /\\(mathbf|mathbb|mathds|boldsymbol)\s*(\{{\s*1\s*\}}|1)/
NAME.3: /{_UPRIGHT}\s*([A-Za-z0-9]|\\_|_)+\s*\}}/
STYLE.2: /\\(boldsymbol|mathbf|bm|vec|pmb|mathbb){_END}/
ACCENT.2: /\\(hat|bar|tilde|widehat|widetilde|overline){_END}/
GREEK.2: /\\({GREEK}){_END}/
WORD: /[A-Za-z]+(\\_[A-Za-z0-9]+)*/
NUMBER: /(\d+(\.\d+)?|\.\d+)(?![eE]\d)/
UNDER.2: /_\s*\{{/
OVER.2: /\^\s*\{{/
SUBSHORT: /_\s*([A-Za-z0-9]|\\[A-Za-z]+)/
SUPSHORT: /\^\s*([A-Za-z0-9]|\\[A-Za-z]+)/
TOP.4: /\^\s*(\{{\s*{_TOP}\s*\}}|{_TOP}{_END})/
LETTER_T.4: /\^\s*(\{{\s*{_T}\s*\}}|{_T}{_END})/
PRIME: /'+/
LPAR.2: /{_OPEN}\(/
RPAR.2: /{_SHUT}\)/
LSQ.2: /{_OPEN}(\[|\\lbrack{_END})/
RSQ.2: /{_SHUT}(\]|\\rbrack{_END})/
LCURLY.2: /{_OPEN}\\(\{{|lbrace{_END})/
RCURLY.2: /{_SHUT}\\(\}}|rbrace{_END})/
LBAR.3: /\\left\s*(\||\\l?vert{_END})|\\lvert{_END}/
RBAR.3: /\\right\s*(\||\\r?vert{_END})|\\rvert{_END}/
LCEIL.2: /{_OPEN}\\lceil{_END}/
RCEIL.2: /{_SHUT}\\rceil{_END}/
LB: "{{"
RB: "}}"
BLANK: /{_BLANKS}/
%ignore BLANK
"""
