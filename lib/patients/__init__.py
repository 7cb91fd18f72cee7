"""A file of patients becomes a cohort: any table, its codebook, and what may be shown of it."""
