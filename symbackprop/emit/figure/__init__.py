"""Pictures of graphs: what is drawn, where it stands, and each format."""
