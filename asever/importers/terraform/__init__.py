"""Terraform's plans and states in JSON: their resources of the azurerm provider, in the shape that ARM gives them."""
