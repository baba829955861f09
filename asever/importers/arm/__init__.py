"""ARM templates (also what Bicep compiles to) as the resources that they make."""
