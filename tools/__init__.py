"""The shop: products, pictures, the store, search, scores, and every tool the model may call."""
