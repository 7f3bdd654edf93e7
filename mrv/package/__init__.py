"""Verification packages: build, sign and verify one monitoring period's evidence as a self-checking folder."""
