"""The history: SQLite, every event."""
