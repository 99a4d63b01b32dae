"""The torch engine, taken apart: :mod:`engine` (the step), :mod:`batch` (who decodes together), :mod:`slots`
(their keys and values), :mod:`sampling` (the next token), :mod:`grammars` (what it may be)."""
