"""Evidence: what each gate measured, as plain values under the names that rules read."""
