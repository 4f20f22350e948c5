"""The IPython magics ``%act_two`` and ``%%act_two``."""
