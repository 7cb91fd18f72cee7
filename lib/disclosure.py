def controlled(cohort): return cohort
