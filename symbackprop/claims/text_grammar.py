"""The grammar of claims as the program prints them: `y[k] - t[k]`, `y_k - t_k`, `Σ_j dy[j]·y[j]`.

A sum takes in the product that follows it and no more; `·` and `*` may be left out.
"""

from __future__ import annotations

GRAMMAR = r"""
start: equation
equation: expr (EQ expr)*

?expr: sum
sum: signs? term (signs term)*
signs: (PLUS | MINUS)+

term: item              -> one
    | item term         -> beside
    | item SEP term     -> separated
    | big               -> one
?item: factor | marked
big: BIG under signs? term
under: WORD ("," WORD)* | LPAR items RPAR
marked: PARTIAL primary | PARTIAL POW NUMBER primary

?factor: primary
    | primary POW exponent      -> powered
    | primary POW signs exponent -> powered
exponent: primary
?primary: base
    | primary LSQ items RSQ      -> with_places

?base: WORD      -> word
    | NUMBER     -> number
    | LPAR items RPAR     -> group
    | LSQ items RSQ       -> group

items: inner ("," inner)*
?inner: expr | relation | logic | negation
relation: expr (rel expr)+
!rel: EQ | REL
logic: operand (AND operand)+ | operand (OR operand)+
?operand: expr | relation
negation: NOT factor

PLUS: "+"
MINUS: /-|−/
EQ: /=(?!=)/
POW.2: /\^|\*\*/
SEP: /\*(?!\*)|·|⋅|×|⊙|\/|%/
REL.2: /<=|>=|==|!=|<|>|≤|≥|≠/
AND: /∧|&/
OR: /∨|\|/
NOT: /¬|~/
BIG.3: /(Σ|∑|Π|∏|sum|prod|max|min)_(?=[A-Za-z(])/
PARTIAL: /∂/
WORD: /[^\W\d](?:\w|\\_)*/
NUMBER: /\d+(\.\d+)?([eE][-+]?\d+)?|\.\d+/
LPAR: "("
RPAR: ")"
LSQ: "["
RSQ: "]"
%ignore /[ \t\r\n]+/
"""
