"""Synonyms are keys and values of attributes that matches tell to mean one."""
