"""What a query in PromQL asks for."""

from dataclasses import dataclass, field

import promql_parser
from promql_parser import AggregateExpr, Expr, MatrixSelector, VectorSelector

# Grafana puts these in; any duration and any regular expression will do.
STANDINS = {"$__rate_interval": "1m", "$job": ".*", "$instance": ".*", "$route": ".*"}


@dataclass
class Query:
    """The metrics of a query, and the labels that it needs of each."""

    metrics: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    grouped: set[str] | None = None  # the labels that are left at the end, if it is a sum or the like

    @classmethod
    def of(cls, text: str) -> "Query":
        """Reads a query as Grafana would send it.

        Raises:
            ValueError: if it is none, and where.
        """
        for name, standin in STANDINS.items():
            text = text.replace(name, standin)
        query = cls()
        promql_parser.walk(promql_parser.parse(text), query._visit)
        return query

    def _visit(self, part: Expr) -> None:
        selector = part.vector_selector if isinstance(part, MatrixSelector) else part
        if isinstance(selector, VectorSelector):
            self.metrics.add(selector.name or "")
            self.labels |= {matcher.name for matcher in selector.matchers.matchers}
        if isinstance(part, AggregateExpr):
            by = set(part.modifier.labels) if part.modifier else set()
            self.labels |= by
            self.grouped = by if self.grouped is None else self.grouped & by
