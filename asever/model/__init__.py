"""The values that flow between the stages; nothing here computes a verdict."""
