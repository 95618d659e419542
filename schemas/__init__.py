"""What must be true: every table, column, unit, measure and rule, declared once. Imports nothing of ours."""
