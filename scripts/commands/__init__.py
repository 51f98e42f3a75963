"""The commands of `heroic`, one file or folder a command."""
