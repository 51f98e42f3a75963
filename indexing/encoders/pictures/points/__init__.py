"""Points of pictures that are found again in another picture of the same thing: detected by OpenCV, kept in rows of whole numbers."""
