"""The sample catalogue: products, offers, pictures and pairs drawn from a seed."""
