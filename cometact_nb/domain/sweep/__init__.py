"""Grids, rules and forecasts of sweeps. Pure."""
