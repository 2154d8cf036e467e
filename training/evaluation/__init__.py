"""How good an artifact is: measures, pictures, a report, a model card."""
