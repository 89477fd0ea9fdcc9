"""One file a subcommand; each has a `run` whose signature is the command line."""
