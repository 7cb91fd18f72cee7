"""How values are shown: numbers in words, figures, tables, small forms."""
