"""`symbackprop list`: the layers of the catalogue."""

from __future__ import annotations

import click

from symbackprop_cli.output import Output


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Everything each layer declares, as JSON.")
def command(as_json: bool) -> None:
    """List the layers of the catalogue."""
    from symbackprop import catalogue

    layers = [catalogue.load(name) for name in catalogue.names()]
    if as_json:
        import json

        fields = ("name", "summary", "shapes", "wrt", "assume", "domain", "data", "source")
        records = [{field: getattr(layer, field) for field in fields} for layer in layers]
        Output(None).write(json.dumps(records, indent=2))
        return
    width = max((len(layer.name) for layer in layers), default=0)
    Output(None).write("\n".join(f"{layer.name:{width}}  {layer.summary}" for layer in layers))
