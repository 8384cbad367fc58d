"""The paper's training recipe: one configuration a row of its tables, two protocols, runs that can be resumed."""
