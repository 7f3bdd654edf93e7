"""What each stage does, as plain functions from records to records: the whole pipeline without an orchestrator."""
