"""A cohort file as people write it: read, checked, and protected before anything is shown."""
