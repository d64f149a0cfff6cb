"""Results as figures, pages and words."""
