"""Runs ``cometact-nb`` as ``python -m cometact_nb.entry.cli``."""

import sys

from cometact_nb.entry.cli.command import main

sys.exit(main())
