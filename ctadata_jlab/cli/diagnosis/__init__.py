"""What `doctor` finds out about one source, without changing anything there: a finding for each thing that was looked at."""
