"""The commands of `heroic`, one file a command."""
