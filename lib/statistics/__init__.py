"""The statistics of a cohort or of counts; nothing here knows what the paper printed."""
