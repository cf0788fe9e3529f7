"""`symbackprop list`: the layers of the catalogue."""

from __future__ import annotations

import click

from symbackprop_cli.formats import form_option
from symbackprop_cli.output import Output


@click.command("list")
@form_option("json", "Everything each layer declares, as JSON.")
@form_option("markdown", "Each layer with its result, as one page.")
def command(form: str | None) -> None:
    """List the layers of the catalogue."""
    from symbackprop import catalogue

    layers = [catalogue.load(name) for name in catalogue.names()]
    if form == "json":
        import json

        fields = ("name", "summary", "shapes", "wrt", "assume", "domain", "data", "source")
        records = [{field: getattr(layer, field) for field in fields} for layer in layers]
        shown = json.dumps(records, indent=2)
    elif form == "markdown":
        from symbackprop_cli.catalogue_page import catalogue_page

        shown = catalogue_page(layers)
    else:
        width = max((len(layer.name) for layer in layers), default=0)
        shown = "\n".join(f"{layer.name:{width}}  {layer.summary}" for layer in layers)
    Output(None).write(shown)
