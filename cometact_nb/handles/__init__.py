"""The objects of a user: tasks, sweeps, clips, histories, the session."""
