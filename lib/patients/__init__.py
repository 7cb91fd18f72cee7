"""A file of patients becomes a cohort: tables as people save them, the codebook, what may be shown."""
