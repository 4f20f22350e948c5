"""What a user holds: tasks, sweeps, clips, histories, the session."""
