"""Proves what an Azure network does with every packet, or shows the packet that breaks it."""
