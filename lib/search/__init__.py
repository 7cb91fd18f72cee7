"""What `make data` and `make compatible` run: the search for cohorts and proofs; nothing else
imports it.
"""
