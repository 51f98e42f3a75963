"""Records, which JSON and XML files hold one after another, become rows: their keys are found, and columns made."""
