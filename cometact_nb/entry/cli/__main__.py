"""``python -m cometact_nb.cli`` is ``cometact-nb``."""

import sys

from cometact_nb.cli.command import main

sys.exit(main())
