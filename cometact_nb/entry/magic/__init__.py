"""``%act_two`` and ``%%act_two``."""
