"""The search for what the printed numbers leave open: every cross-table, proofs, and compatible cohorts."""
