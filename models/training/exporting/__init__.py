"""From trained modules to a bundle of ONNX graphs, and back."""
