"""Training: the encoder, the adaptor, the language model."""
