"""Shows files of the user's that become inputs."""
