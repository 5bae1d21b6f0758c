"""Settings: schema, loading, overrides."""
