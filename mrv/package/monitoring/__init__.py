"""The monitoring report of a period, as PDF and DOCX, in English and Spanish."""
