"""Photograph to findings: scan, trace, measure; the frozen record of what was found."""
