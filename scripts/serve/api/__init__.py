"""The API are the routes under /api/v1, and the forms in which they take and give JSON."""
