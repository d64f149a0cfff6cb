"""What inspections found, for people and other tools: records, severity, pictures, tables, files, one page."""
