"""Why a claim is false: explanations that are found by trying them, and kept where they hold."""
