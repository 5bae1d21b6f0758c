"""Tables: CSV and Parquet, their columns and cells."""
