"""Fine-tuning a backbone for a shop: training rows, LoRA, preferences, merging, export, the report."""
