"""Floor 0: the nouns of the house, frozen, slotted and typed. They know nothing of any other floor."""
