"""mailtriage reads a Postfix mail log and says what is wrong, who is hurt, why, and what to do.

The package is a house of floors; imports only go down. docs/architecture.md shows it.
"""

__version__ = "0.1.0"
