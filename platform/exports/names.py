"""Names of the files of a release beside its data."""

CARD = "README.md"
ROWS = "ROWS.parquet"
CHANGES = "CHANGES.parquet"
LEFT_OUT = "LEFT_OUT.parquet"
