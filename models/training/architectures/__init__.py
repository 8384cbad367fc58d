"""The bundle's networks: one encoder a modality, and the multimodal interaction model that fuses them."""
