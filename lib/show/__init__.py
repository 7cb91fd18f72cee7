"""How values are shown: figures, tables, small forms, and what is withheld of them."""
