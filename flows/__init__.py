"""When, how often, and again after a fault: Prefect flows whose tasks wrap `mrv.stages`. No arithmetic here."""
