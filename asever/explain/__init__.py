"""From an answer to a finding a person can believe."""
