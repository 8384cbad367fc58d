"""The paper's training recipe: one configuration per row of its tables, two protocols, and runs that can be resumed."""
