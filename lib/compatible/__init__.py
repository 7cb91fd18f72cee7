"""What the abstract leaves open: stored proofs and cohorts, verified at every build."""
