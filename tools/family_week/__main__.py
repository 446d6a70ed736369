"""`python -m tools.family_week` writes the log to standard output."""

import sys

from tools.family_week.journal import Journal
from tools.family_week.story import tell

SEED = 20260404

sys.stdout.write("\n".join(tell(Journal(SEED))) + "\n")
