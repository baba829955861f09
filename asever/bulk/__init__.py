"""What holds between all ends of a network at once: thousands of ends, millions of pairs, a few operations on bits for each."""
