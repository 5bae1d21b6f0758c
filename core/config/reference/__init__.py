"""What is said of settings: their documentation, the JSON schema, the techniques."""
