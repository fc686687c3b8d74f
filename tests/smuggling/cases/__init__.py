"""The corpus, a module for each family."""

from . import (chunks, connection, encodings, fields, hosts, lengths, limits, line_ends, pipelines, request_lines,
               targets, trailers, versions)

FAMILIES = {module.__name__.split(".")[-1]: module.CASES
            for module in (encodings, lengths, chunks, trailers, line_ends, fields, request_lines, targets, hosts,
                           versions, connection, pipelines, limits)}
CASES = [case._replace(name=f"{family}: {case.name}") for family, cases in FAMILIES.items() for case in cases]
