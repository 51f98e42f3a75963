"""Groups are shown as a file has them, with what holds each together and what was decided of it since; decisions are taken here."""
