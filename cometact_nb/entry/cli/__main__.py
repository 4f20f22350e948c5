"""``python -m cometact_nb.entry.cli`` is ``cometact-nb``."""

import sys

from cometact_nb.entry.cli.command import main

sys.exit(main())
