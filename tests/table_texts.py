"""Read a report's table as a reader does."""

from peu.reports.table import Table


def texts(table: Table) -> list[tuple[str, ...]]:
    """Return the table's cells as they are written on a page."""
    return [
        tuple(column.text(cell) for column, cell in zip(table.columns, row, strict=True))
        for row in table.rows
    ]
