"""Networks: the bundle's encoders and fusion, and the models of the paper's tables."""
