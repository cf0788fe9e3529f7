"""Checks of derived results against numbers; nothing here uses the algebra's laws."""
